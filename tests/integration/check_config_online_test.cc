// check-config --online: how the broker differs from the configured topology, in a line each.
#include <algorithm>

#include "integration/limited_user.h"
#include "integration/topology_call.h"

namespace amqp_sidecar::test {
namespace {

constexpr int kDiffers = 1;
constexpr int kUsageError = 64;
constexpr int kConfigurationError = 78;
const char* const kNoDifference = "the broker does not differ from the configuration\n";

std::string Config(const std::string& uri, const std::string& topology) {
  return "amqp: {uris: [\"" + uri + "\"]}\ntopology:\n" + topology;
}

RunResult Check(const std::string& yaml, const std::string& timeout = "10s") {
  const TempDir dir;
  return RunSidecar(
      {"check-config", "--online", "--timeout", timeout, "--config", dir.Write("c.yaml", yaml)});
}

TEST_CASE("A broker that has what is configured does not differ, whatever else it has") {
  const RabbitmqNode node = RabbitmqNode::Shared();
  Names names(node);
  const std::string exchange = names.Exchange("topic");
  const std::string classic = names.Queue({{"x-max-length", int64_t{5}}});
  const std::string quorum = names.Queue({{"x-queue-type", "quorum"}});
  const std::string stream = names.Queue({{"x-queue-type", "stream"}, {"x-max-age", "7D"}});
  const RunResult result =
      Check(Config(node.uri(), "  exchanges: [{name: " + exchange +
                                   ", type: topic}]\n  queues:\n    - {name: " + classic +
                                   ", arguments: {x-max-length: 5}}\n    - {name: " + quorum +
                                   ", type: quorum}\n    - {name: " + stream +
                                   ", type: stream, arguments: {x-max-age: 7D}}\n"));
  INFO(result.output());
  CHECK(result.exit_code == 0);
  CHECK(result.out == kNoDifference);
  CHECK(result.err.empty());
}

TEST_CASE("Each difference has a line, and nothing is declared or changed") {
  const RabbitmqNode node = RabbitmqNode::Shared();
  Names names(node);
  const std::string missing_exchange = names.Reserve("x");
  const std::string other_exchange = names.Exchange("fanout");
  const std::string missing_queue = names.Reserve("q");
  const std::string other_queue = names.Queue({{"x-max-length", int64_t{5}}});
  const std::string quorum = names.Queue({{"x-queue-type", "quorum"}});
  const RunResult result = Check(Config(
      node.uri(), "  exchanges:\n    - {name: " + missing_exchange + "}\n    - {name: " +
                      other_exchange + ", type: topic}\n  queues:\n    - {name: " + missing_queue +
                      "}\n    - {name: " + other_queue + "}\n    - {name: " + quorum +
                      ", type: classic}\n    - {name: mine, exclusive: true}\n  bindings:\n" +
                      "    - {queue: " + quorum + ", exchange: " + other_exchange + "}\n"));
  INFO(result.output());
  CHECK(result.exit_code == kDiffers);
  CHECK(result.err.empty());
  CHECK(std::count(result.out.begin(), result.out.end(), '\n') == 7);
  for (const std::string& line :
       {"exchange \"" + missing_exchange + "\": it is not there\n",
        "exchange \"" + other_exchange +
            "\": type is \"fanout\" in the broker, and \"topic\" is configured\n",
        "queue \"" + missing_queue + "\": it is not there\n",
        "queue \"" + other_queue +
            "\": x-max-length is \"5\" in the broker, and none is configured\n",
        "queue \"" + quorum +
            "\": x-queue-type is \"quorum\" in the broker, and \"classic\" is configured\n",
        std::string("not compared: queue \"mine\": it is exclusive"),
        std::string("not compared: 1 binding: AMQP has no question for them\n")}) {
    CHECK_THAT(result.out, ContainsSubstring(line));
  }
  CHECK_FALSE(names.direct().ExchangeExists(missing_exchange));
  CHECK_FALSE(names.direct().QueueExists(missing_queue));
  CHECK_FALSE(names.direct().QueueExists("mine"));
}

TEST_CASE("Without permission to configure what is there is not compared, what is not is told") {
  const RabbitmqNode node = RabbitmqNode::Shared();
  Names names(node);
  const LimitedUser user(node);
  const std::string queue = names.Queue({{"x-max-length", int64_t{5}}});
  const std::string exchange = names.Exchange("fanout");
  const std::string topology =
      "  exchanges: [{name: " + exchange + "}]\n  queues:\n    - {name: " + queue + "}\n";
  const RunResult there = Check(Config(user.uri(), topology));
  INFO(there.output());
  CHECK(there.exit_code == 0);
  CHECK_THAT(there.out, ContainsSubstring("not compared: queue \"" + queue + "\": "));
  CHECK_THAT(there.out, ContainsSubstring("not compared: exchange \"" + exchange + "\": "));
  const RunResult missing =
      Check(Config(user.uri(), topology + "    - {name: " + names.Reserve("q") + "}\n"));
  CHECK(missing.exit_code == kDiffers);
  CHECK_THAT(missing.out, ContainsSubstring("it is not there"));
}

TEST_CASE("A broker that cannot be reached in time fails the check, with the cause") {
  const RabbitmqNode node = RabbitmqNode::Shared();
  const RunResult refused = Check(
      Config("amqp://guest:S3cretPw@127.0.0.1:" + std::to_string(node.port()) + "/", ""), "2s");
  INFO(refused.output());
  CHECK(refused.exit_code == kDiffers);
  CHECK(refused.out.empty());
  CHECK_THAT(refused.err, ContainsSubstring("login refused: ACCESS_REFUSED"));
  CHECK(refused.output().find("S3cretPw") == std::string::npos);
  const RunResult no_vhost = Check(Config(node.uri() + "no-such-vhost", ""), "2s");
  CHECK(no_vhost.exit_code == kDiffers);
  CHECK_THAT(no_vhost.err, ContainsSubstring("no-such-vhost"));
  const RunResult nobody =
      Check(Config("amqp://guest@127.0.0.1:" + std::to_string(FreePort()) + "/", ""), "1s");
  CHECK(nobody.exit_code == kDiffers);
  CHECK_THAT(nobody.err, ContainsSubstring("within 1s: Connection refused"));
}

TEST_CASE("A broker that comes up in time is waited for") {
  const RabbitmqNode node = RabbitmqNode::Shared();
  TcpProxy proxy(node.port());
  proxy.TakeAway();
  auto result = InBackground([&] { return Check(Config(proxy.uri(), "")); });
  CHECK(Throughout(500ms, [&] { return result.wait_for(0s) != std::future_status::ready; }));
  proxy.Restore();
  CHECK(result.get().exit_code == 0);
}

TEST_CASE("A bad configuration is told as without --online, and --timeout is for --online") {
  const RunResult bad = Check("amqp: {urls: []}\n");
  CHECK(bad.exit_code == kConfigurationError);
  CHECK_THAT(bad.err, ContainsSubstring("amqp.urls"));
  CHECK(Check(Config("amqp://guest@127.0.0.1/", ""), "soon").exit_code == kUsageError);
  CHECK(RunSidecar({"check-config", "--timeout", "5s"}).exit_code == kUsageError);
}

}  // namespace
}  // namespace amqp_sidecar::test
