// The verbs, as a person or a script uses them.
#include <sstream>

#include "integration/world.h"

namespace amqp_sidecar::test {
namespace {

constexpr int kUsageError = 64;

std::vector<std::string> Verb(const World& world, const std::string& verb,
                              std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {verb, "--address", world.sidecar.target()});
  return arguments;
}

TEST_CASE("The version says what and which, and ends with 0") {
  const RunResult result = RunSidecar({"--version"});
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.out, ContainsSubstring("amqp-sidecar 0."));
}

TEST_CASE("The help of each verb explains it and ends with 0") {
  for (const char* verb :
       {"run", "check-config", "validate", "publish", "subscribe", "redrive", "status", "doctor"}) {
    const RunResult result = RunSidecar({verb, "--help"});
    INFO(verb << ": " << result.output());
    CHECK(result.exit_code == 0);
    CHECK(result.out.size() > 100);
  }
}

TEST_CASE("A command line that makes no sense ends with 64") {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"no-such-verb"},
        {"run", "--no-such-option"},
        {"subscribe"},
        {"subscribe", "--queue", "q", "--count", "many"}}) {
    const RunResult result = RunSidecar(arguments);
    INFO(arguments[0] << ": " << result.output());
    CHECK(result.exit_code == kUsageError);
    CHECK_FALSE(result.err.empty());
  }
}

TEST_CASE("publish publishes and ends with 0") {
  World world;
  const std::string queue = world.names.Queue();
  const std::string exchange = world.names.ExchangeTo(queue, "order.*");
  const RunResult result = RunSidecar(
      Verb(world, "publish",
           {"--exchange", exchange, "--routing-key", "order.created", "--body", "{\"id\":1}"}));
  INFO(result.output());
  CHECK(result.exit_code == 0);
  CHECK_FALSE(result.out.empty());
  REQUIRE(Eventually(5s, [&] { return world.direct.Ready(queue) == 1; }));
  CHECK(world.direct.Get(queue)->body == "{\"id\":1}");
}

TEST_CASE("publish says why a message was refused, and ends with 1") {
  World world;
  const std::string exchange = world.names.Exchange("topic");
  const auto refused = [&](const std::vector<std::string>& arguments, const char* reason) {
    const RunResult result = RunSidecar(Verb(world, "publish", arguments));
    INFO(result.output());
    CHECK(result.exit_code == 1);
    CHECK_THAT(result.err, ContainsSubstring(reason));
  };
  refused({"--exchange", exchange, "--routing-key", "k", "--body", "{}"}, "UNROUTABLE");
  refused({"--exchange", exchange, "--routing-key", "k", "--body", "{"}, "INVALID_BODY");
  refused({"--exchange", "none", "--routing-key", "k", "--body", "{}"}, "EXCHANGE_NOT_FOUND");
}

TEST_CASE("publish with no sidecar to call says so, and ends with 1") {
  const RunResult result = RunSidecar(
      {"publish", "--address", "unix:///no/such/socket", "--routing-key", "k", "--body", "{}"});
  INFO(result.output());
  CHECK(result.exit_code == 1);
  CHECK_THAT(result.err, ContainsSubstring("/no/such/socket"));
}

TEST_CASE("subscribe prints a number of deliveries, acks them and ends with 0") {
  World world;
  const std::string queue = world.names.Queue();
  for (int i = 0; i < 5; ++i) world.direct.Publish("", queue, "message-" + std::to_string(i));
  const RunResult result = RunSidecar(Verb(world, "subscribe", {"--queue", queue, "--count", "3"}));
  INFO(result.output());
  CHECK(result.exit_code == 0);
  for (const char* body : {"message-0", "message-1", "message-2"}) {
    CHECK_THAT(result.out, ContainsSubstring(body));
  }
  CHECK(result.out.find("message-3") == std::string::npos);
  REQUIRE(Eventually(5s, [&] { return world.direct.Ready(queue) == 2; }));
  CHECK(world.direct.Get(queue)->body == "message-3");
}

TEST_CASE("subscribe --json prints one object a line") {
  World world;
  const std::string queue = world.names.Queue();
  world.direct.Publish("", queue, "{\"id\":1}");
  world.direct.Publish("", queue, "two\nlines");
  const RunResult result =
      RunSidecar(Verb(world, "subscribe", {"--queue", queue, "--count", "2", "--json"}));
  INFO(result.output());
  CHECK(result.exit_code == 0);
  std::istringstream lines(result.out);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    CHECK(line.front() == '{');
    CHECK(line.back() == '}');
  }
  CHECK(count == 2);
}

TEST_CASE("subscribe --no-ack only looks: what it printed goes back") {
  World world;
  const std::string queue = world.names.Queue();
  for (int i = 0; i < 3; ++i) world.direct.Publish("", queue, std::to_string(i));
  const RunResult result =
      RunSidecar(Verb(world, "subscribe", {"--queue", queue, "--count", "3", "--no-ack"}));
  INFO(result.output());
  CHECK(result.exit_code == 0);
  CHECK(Eventually(5s, [&] { return world.direct.Ready(queue) == 3; }));
}

TEST_CASE("subscribe to a queue that is not there says so, and ends with 1") {
  World world;
  const RunResult result = RunSidecar(Verb(world, "subscribe", {"--queue", "no-such-queue"}));
  INFO(result.output());
  CHECK(result.exit_code == 1);
  CHECK_THAT(result.err, ContainsSubstring("QUEUE_NOT_FOUND"));
}

}  // namespace
}  // namespace amqp_sidecar::test
