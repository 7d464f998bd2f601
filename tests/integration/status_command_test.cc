// status: what a sidecar sees, as a person or a script reads it.
#include <google/protobuf/util/json_util.h>
#include <signal.h>

#include <sstream>

#include "integration/world.h"

namespace amqp_sidecar::test {
namespace {

RunResult Status(const SidecarProcess& sidecar, std::vector<std::string> more = {}) {
  more.insert(more.begin(), {"status", "--address", sidecar.target()});
  return RunSidecar(std::move(more));
}

pb::SidecarStatus StatusOf(const SidecarProcess& sidecar) {
  const RunResult result = Status(sidecar, {"--json"});
  INFO(result.output());
  CHECK(result.exit_code == 0);
  pb::SidecarStatus status;
  CHECK(google::protobuf::util::JsonStringToMessage(result.out, &status).ok());
  return status;
}

TEST_CASE("status shows what a test did") {
  World world;
  const std::string queue = world.names.Queue();
  const std::string exchange = world.names.ExchangeTo(queue, "order.*");
  for (int i = 0; i < 5; ++i) {
    REQUIRE(world.client.Publish(JsonMessage(exchange, "order.created")).ok());
  }
  CHECK_FALSE(world.client.Publish(JsonMessage(exchange, "nowhere")).ok());
  CHECK_FALSE(world.client.Publish(JsonMessage(exchange, "order.created", "{")).ok());
  Subscription subscription(world.client, queue);
  REQUIRE(subscription.WaitForDeliveries(5));
  CHECK(world.client.Ack({subscription.deliveries()[0].delivery_id()}).empty());

  const RunResult result = Status(world.sidecar);
  INFO(result.output());
  CHECK(result.exit_code == 0);
  CHECK(result.err.empty());
  for (const std::string& part :
       {std::string("readiness      ready\n"),
        "connected to 127.0.0.1:" + std::to_string(world.node.port()), std::string("RabbitMQ"),
        std::string("topology       declared"),
        std::string("confirmed 5, unrouted 0, failed 2 (INVALID_BODY 1, UNROUTABLE 1)"),
        std::string("delivered 5 (redelivered 0), unsettled 4"), std::string("acked 1, nacked 0"),
        std::string("subscriptions 1\n"), queue, std::string("recent events")}) {
    CHECK_THAT(result.out, ContainsSubstring(part));
  }

  const pb::SidecarStatus status = StatusOf(world.sidecar);
  CHECK(status.publisher().confirmed() == 5);
  CHECK(status.publisher().failed().at("UNROUTABLE") == 1);
  REQUIRE(status.subscriptions_size() == 1);
  CHECK(status.subscriptions(0).queue() == queue);
  CHECK(status.subscriptions(0).unsettled() == 4);
  CHECK(status.subscriptions(0).acked() == 1);
}

TEST_CASE("status answers with 0 where the broker is away, and says so") {
  ProxiedWorld world;
  world.proxy.TakeAway();
  REQUIRE(Eventually(5s, [&] {
    return StatusOf(world.sidecar).readiness().find("refused") != std::string::npos;
  }));
  const RunResult result = Status(world.sidecar);
  INFO(result.output());
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.out, ContainsSubstring("readiness      not ready: no connection"));
  CHECK_THAT(result.out, ContainsSubstring("last error: "));
  world.proxy.Restore();
  REQUIRE(Eventually(5s, [&] { return StatusOf(world.sidecar).readiness() == "ready"; }));
  CHECK(StatusOf(world.sidecar).connection().reconnects() == 1);
}

TEST_CASE("status --watch shows a lost link, outlives the sidecar, and ends in order") {
  TempDir dir;
  SidecarOptions options;
  options.socket = dir.File("s.sock");
  const RabbitmqNode node = RabbitmqNode::Shared();
  TcpProxy proxy(node.port());
  options.uri = proxy.uri();
  options.amqp = kFastReconnect;
  auto sidecar = std::make_unique<SidecarProcess>(options);
  sidecar->WaitReady();
  Subprocess watch({SidecarBinary(), "status", "--address", sidecar->target(), "--watch",
                    "--interval", "200ms"});
  REQUIRE(Eventually(
      5s, [&] { return watch.out().find("readiness      ready") != std::string::npos; }));
  // With nothing that changes, each after its interval.
  const auto blocks = [&] {
    const std::string text = watch.out();
    int count = 0;
    for (size_t at = text.find("readiness"); at != std::string::npos;
         at = text.find("readiness", at + 1)) {
      ++count;
    }
    return count;
  };
  REQUIRE(Eventually(5s, [&] { return blocks() >= 6; }));
  proxy.TakeAway();
  CHECK(
      Eventually(2s, [&] { return watch.out().find("not ready: no conn") != std::string::npos; }));
  proxy.Restore();
  CHECK(sidecar->Stop() == 0);
  sidecar.reset();
  CHECK(Eventually(5s, [&] { return watch.err().find("waiting for it") != std::string::npos; }));
  sidecar = std::make_unique<SidecarProcess>(options);
  CHECK(Eventually(5s, [&] { return watch.err().find("answers again") != std::string::npos; }));
  watch.Signal(SIGINT);
  CHECK(watch.Wait(5s) == 0);
  CHECK(watch.out().find('\x1b') == std::string::npos);
}

TEST_CASE("status without a sidecar says so, and ends with 1") {
  for (const char* more : {"--json", "--watch"}) {
    const RunResult result = RunSidecar({"status", "--address", "unix:///no/such/socket", more});
    INFO(result.output());
    CHECK(result.exit_code == 1);
    CHECK(result.out.empty());
    CHECK_THAT(result.err, ContainsSubstring("no sidecar at unix:///no/such/socket"));
  }
}

TEST_CASE("status refuses an interval that is none") {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"status", "--watch", "--interval", "5ms"},
        {"status", "--watch", "--interval", "2h"},
        {"status", "--interval", "1s"}}) {
    const RunResult result = RunSidecar(arguments);
    INFO(result.output());
    CHECK(result.exit_code == 64);
  }
}

}  // namespace
}  // namespace amqp_sidecar::test
