// SIGTERM and SIGINT: what is held can still be settled, nothing new is taken, the rest goes back.
#include <signal.h>

#include "integration/world.h"

namespace amqp_sidecar::test {
namespace {

using grpc::StatusCode;

SidecarOptions DrainFor(const std::string& time) {
  SidecarOptions options;
  options.more = "drain_timeout: " + time + "\n";
  return options;
}

TEST_CASE("A sidecar that holds nothing ends at once with 0, by either signal") {
  for (const int signal : {SIGTERM, SIGINT}) {
    World world(DrainFor("30s"));
    Subscription subscription(world.client, world.names.Queue());
    REQUIRE(subscription.WaitForEvents(1));
    world.sidecar.Signal(signal);
    const std::optional<int> code = world.sidecar.Wait(5s);
    REQUIRE(code);
    CHECK(*code == 0);
    const std::optional<Outcome> end = subscription.WaitForEnd();
    REQUIRE(end);
    INFO(*end);
    CHECK(end->code == StatusCode::UNAVAILABLE);
    CHECK(end->reason == "DRAINING");
    CHECK(subscription.events() == Events{kSubscribed, kDraining});
    CHECK_FALSE(AnswersOnSocket(world.sidecar.socket()));
  }
}

// After a write that had to wait for its client, gRPC polls for ten seconds.
TEST_CASE("A sidecar that has just sent much ends at once, too") {
  const std::string body = "\"" + std::string(1'000'000, 'a') + "\"";
  for (int round = 0; round < 2; ++round) {
    World world(DrainFor("30s"));
    const std::string queue = world.names.Queue();
    Subscription subscription(world.client, queue);
    for (int i = 0; i < 8; ++i) REQUIRE(world.client.Publish(JsonMessage("", queue, body)).ok());
    REQUIRE(subscription.WaitForDeliveries(8));
    CHECK(world.client.Ack(Ids(subscription.deliveries())).empty());
    world.sidecar.Signal(SIGTERM);
    REQUIRE(world.sidecar.Wait(5s) == 0);
  }
}

TEST_CASE("During a drain settlements count, and publishes and subscriptions are refused") {
  World world(DrainFor("20s"));
  const std::string queue = world.names.Queue();
  for (int i = 0; i < 3; ++i) world.direct.Publish("", queue, std::to_string(i));
  Subscription subscription(world.client, queue);
  REQUIRE(subscription.WaitForDeliveries(3));
  const std::vector<std::string> ids = Ids(subscription.deliveries());
  world.sidecar.Signal(SIGTERM);
  REQUIRE(subscription.WaitForEvents(2));
  CHECK(subscription.events() == Events{kSubscribed, kDraining});

  const Outcome publish = world.client.Publish(JsonMessage("", queue));
  INFO(publish);
  CHECK(publish.code == StatusCode::UNAVAILABLE);
  CHECK(publish.reason == "DRAINING");
  CHECK(publish.persisted == "NO");
  Subscription late(world.client, queue);
  const std::optional<Outcome> refused = late.WaitForEnd();
  REQUIRE(refused);
  CHECK(refused->code == StatusCode::UNAVAILABLE);
  CHECK(refused->reason == "DRAINING");
  CHECK(HttpGet(world.sidecar.admin_port(), "/readyz").status == 503);
  CHECK(world.client.Health("amqp_sidecar.v1.PublisherService") == "NOT_SERVING");

  // Nothing new comes, though there is something.
  world.direct.Publish("", queue, "new");
  CHECK(Throughout(300ms, [&] { return subscription.deliveries().size() == 3; }));
  CHECK_FALSE(world.sidecar.Wait(0ms));
  CHECK(world.client.Ack({ids[0], ids[1]}).empty());
  CHECK(world.client.Ack({ids[2]}).empty());
  // With nothing unsettled left there is nothing to wait for.
  const std::optional<int> code = world.sidecar.Wait(5s);
  REQUIRE(code);
  CHECK(*code == 0);
  REQUIRE(Eventually(5s, [&] { return world.direct.Ready(queue) == 1; }));
  CHECK(world.direct.Get(queue)->body == "new");
}

TEST_CASE("What is unsettled at the end of a drain goes back, and the exit code is 0") {
  World world(DrainFor("1s"));
  const std::string dead = world.names.Queue();
  const std::string queue =
      world.names.Queue({{"x-dead-letter-exchange", ""}, {"x-dead-letter-routing-key", dead}});
  for (int i = 0; i < 5; ++i) world.direct.Publish("", queue, std::to_string(i));
  Subscription subscription(world.client, queue);
  REQUIRE(subscription.WaitForDeliveries(5));
  const auto start = std::chrono::steady_clock::now();
  world.sidecar.Signal(SIGTERM);
  const std::optional<int> code = world.sidecar.Wait(5s);
  const auto took = std::chrono::steady_clock::now() - start;
  REQUIRE(code);
  CHECK(*code == 0);
  CHECK(took > 700ms);
  CHECK(took < 2s);
  const std::optional<Outcome> end = subscription.WaitForEnd();
  REQUIRE(end);
  INFO(*end);
  CHECK(end->code == StatusCode::UNAVAILABLE);
  CHECK(end->reason == "DRAINING");
  CHECK(Eventually(5s, [&] { return world.direct.Ready(queue) == 5; }));
  CHECK(world.direct.Ready(dead) == 0);
}

TEST_CASE("A second signal ends a drain at once") {
  World world(DrainFor("60s"));
  const std::string queue = world.names.Queue();
  world.direct.Publish("", queue, "1");
  Subscription subscription(world.client, queue);
  REQUIRE(subscription.WaitForDeliveries(1));
  world.sidecar.Signal(SIGTERM);
  REQUIRE(subscription.WaitForEvents(2));
  CHECK_FALSE(world.sidecar.Wait(200ms));
  world.sidecar.Signal(SIGTERM);
  CHECK(world.sidecar.Wait(2s));
  CHECK(Eventually(5s, [&] { return world.direct.Ready(queue) == 1; }));
}

TEST_CASE("A publish that was sent before the drain gets its answer") {
  ProxiedWorld world(DrainFor("10s"));
  const std::string queue = world.names.Queue();
  REQUIRE(world.client.Publish(JsonMessage("", queue)).ok());
  world.proxy.MuteBroker();
  auto answer = InBackground([&] { return world.client.Publish(JsonMessage("", queue), 9s); });
  REQUIRE(Eventually(5s, [&] { return world.direct.Ready(queue) == 2; }));
  world.sidecar.Signal(SIGTERM);
  REQUIRE(Eventually(
      5s, [&] { return world.client.Publish(JsonMessage("", queue), 1s).reason == "DRAINING"; }));
  world.proxy.Restore();
  const Outcome outcome = answer.get();
  INFO(outcome);
  CHECK(outcome.ok());
  CHECK(world.sidecar.Wait(5s) == 0);
}

// A sidecar that held nothing was gone before it had read them: gRPC's CANCELLED said nothing.
TEST_CASE("Calls that are on their way when the drain begins are told so") {
  World world(DrainFor("10s"));
  const std::string queue = world.names.Queue();
  OnExit go_on([&] { world.sidecar.Signal(SIGCONT); });
  world.sidecar.Signal(SIGSTOP);
  // Connections that are yet to be accepted take longest.
  constexpr size_t kCalls = 30;
  std::vector<std::future<Outcome>> answers;
  for (size_t i = 0; i < kCalls; ++i) {
    answers.push_back(InBackground(
        [&] { return Client(world.sidecar.target()).Publish(JsonMessage("", queue)); }));
  }
  CHECK(Throughout(300ms, [&] { return answers[0].wait_for(0s) != std::future_status::ready; }));
  world.sidecar.Signal(SIGTERM);
  go_on.Now();
  size_t ok = 0;
  for (std::future<Outcome>& answer : answers) {
    const Outcome outcome = answer.get();
    INFO(outcome);
    CHECK((outcome.ok() || outcome.reason == "DRAINING"));
    if (outcome.ok()) ++ok;
  }
  CHECK(world.sidecar.Wait(5s) == 0);
  CHECK(world.direct.Ready(queue) == ok);
}

TEST_CASE("A drain with the broker away ends with 0 as well") {
  ProxiedWorld world(DrainFor("2s"));
  world.proxy.TakeAway();
  world.sidecar.Signal(SIGTERM);
  CHECK(world.sidecar.Wait(5s) == 0);
}

TEST_CASE("A drain while the broker does not answer ends within its time") {
  ProxiedWorld world(DrainFor("2s"));
  const std::string queue = world.names.Queue();
  Subscription subscription(world.client, queue);
  REQUIRE(subscription.WaitForEvents(1));
  world.proxy.MuteBroker();
  world.sidecar.Signal(SIGTERM);
  CHECK(world.sidecar.Wait(5s) == 0);
}

}  // namespace
}  // namespace amqp_sidecar::test
