// How a PublishStream ends other than by its half-close, and what that leaves behind.
#include <signal.h>

#include "integration/stream_items.h"

namespace amqp_sidecar::test {
namespace {

using grpc::StatusCode;

SidecarOptions DrainFor(const std::string& time) {
  SidecarOptions options;
  options.more = "drain_timeout: " + time + "\n";
  return options;
}

// After the stream's end: the sidecar serves others, and once it has ended, too, what it confirmed
// is there, and nothing that was not sent, or twice.
void CheckLeftBehind(SidecarProcess& sidecar, Client& other, Direct& direct,
                     const std::string& queue, const PublishStream& stream) {
  pb::PublishRequest last = JsonMessage("", queue);
  last.mutable_message()->mutable_properties()->set_message_id("last");
  CHECK(other.Publish(last).ok());
  CHECK(sidecar.Stop() == 0);
  const std::multiset<std::string> delivered = IdsOf(direct.Drain(queue));
  CHECK(delivered.count("last") == 1);
  for (size_t i = 0; i < stream.sent(); ++i) {
    INFO("item " << i);
    const std::optional<Outcome> outcome = stream.ResultOf(i);
    const size_t times = delivered.count(IdOf(i));
    CHECK(times <= 1);
    if (outcome && outcome->ok()) CHECK(times == 1);
    if (outcome && outcome->persisted == "NO") CHECK(times == 0);
  }
  CHECK(std::set<std::string>(delivered.begin(), delivered.end()).size() <= stream.sent() + 1);
}

TEST_CASE("A stream that its client cancels loses nothing that was confirmed, doubles nothing") {
  for (const size_t after : {0, 1, 300}) {
    World world;
    const std::string queue = world.names.Queue();
    PublishStream stream(world.client);
    REQUIRE(stream.SendInBatches(NumberedItems(0, 1000, "", queue), {100}));
    REQUIRE(stream.WaitForResults(after));
    stream.Cancel();
    const std::optional<Outcome> end = stream.WaitForEnd();
    REQUIRE(end);
    CHECK(end->code == StatusCode::CANCELLED);
    CheckLeftBehind(world.sidecar, world.client, world.direct, queue, stream);
  }
}

TEST_CASE("What a cancelled stream had handed to the broker is not taken back") {
  ProxiedWorld world;
  const std::string queue = world.names.Queue();
  REQUIRE(world.client.Publish(JsonMessage("", queue)).ok());
  world.proxy.MuteBroker();
  {
    PublishStream stream(world.client);
    REQUIRE(stream.Send(NumberedItems(0, 20, "", queue)));
    REQUIRE(Eventually(3s, [&] { return world.direct.Ready(queue) == 21; }));
  }
  world.proxy.Restore();
  CHECK(world.client.Publish(JsonMessage("", queue)).ok());
  CHECK(Throughout(300ms, [&] { return world.direct.Ready(queue) <= 22; }));
  CHECK(world.direct.Ready(queue) == 22);
}

TEST_CASE("A client that vanishes in mid-stream loses nothing confirmed and stops nobody else") {
  SidecarOptions options;
  const uint16_t port = FreePort();
  options.listen = {"127.0.0.1:" + std::to_string(port)};
  World world(options);
  const std::string queue = world.names.Queue();
  FaultProxy wire(port);
  Client client("127.0.0.1:" + std::to_string(wire.port()));
  PublishStream stream(client);
  REQUIRE(stream.SendInBatches(NumberedItems(0, 1000, "", queue), {100}));
  REQUIRE(stream.WaitForResults(100));
  wire.TakeAway();
  const std::optional<Outcome> end = stream.WaitForEnd();
  REQUIRE(end);
  INFO(*end);
  CHECK(end->code == StatusCode::UNAVAILABLE);
  CheckLeftBehind(world.sidecar, world.client, world.direct, queue, stream);
}

// Each with a connection of its own, which is there before: gRPC closes one that its client did not
// wait for only when somebody polls again.
void OpenAndDrop(const World& world, const std::string& queue, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    Client client(world.sidecar.target());
    REQUIRE(client.Health() == "SERVING");
    PublishStream stream(client);
    if (i % 3 == 0) continue;
    REQUIRE(stream.Send(NumberedItems(0, 10, "", queue)));
    if (i % 3 == 1) stream.HalfClose();
  }
}

TEST_CASE("Streams that are opened and dropped leave nothing open") {
  World world;
  const std::string queue = world.names.Queue();
  // gRPC keeps a few descriptors of its own once it was busy.
  OpenAndDrop(world, queue, 6);
  CHECK(Eventually(5s, [&] { return world.sidecar.Descriptors() < 30; }));
  OpenAndDrop(world, queue, 60);
  CHECK(Eventually(5s, [&] { return world.sidecar.Descriptors() < 30; }));
  CHECK(world.client.Publish(JsonMessage("", queue)).ok());
}

TEST_CASE("A stream whose deadline passes ends DEADLINE_EXCEEDED, and the sidecar goes on") {
  ProxiedWorld world;
  const std::string queue = world.names.Queue();
  REQUIRE(world.client.Publish(JsonMessage("", queue)).ok());
  PublishStream idle(world.client, 500ms);
  const std::optional<Outcome> idle_end = idle.WaitForEnd(3s);
  REQUIRE(idle_end);
  CHECK(idle_end->code == StatusCode::DEADLINE_EXCEEDED);

  world.proxy.MuteBroker();
  PublishStream busy(world.client, 1s);
  REQUIRE(busy.Send(NumberedItems(0, 20, "", queue)));
  const std::optional<Outcome> busy_end = busy.WaitForEnd(3s);
  REQUIRE(busy_end);
  INFO(*busy_end);
  CHECK(busy_end->code == StatusCode::DEADLINE_EXCEEDED);
  // What the sidecar still said is what it is when a deadline passes.
  for (const pb::PublishResult& result : busy.results()) {
    CHECK(result.reason() == "OUTCOME_UNKNOWN");
    CHECK(result.persisted() == pb::PERSISTED_UNKNOWN);
  }
  world.proxy.Restore();
  CHECK(world.client.Publish(JsonMessage("", queue)).ok());
  PublishStream next(world.client);
  REQUIRE(next.Send(NumberedItems(0, 5, "", queue)));
  CHECK(next.Finish().ok());
  CHECK(CountOk(next) == 5);
}

void CheckDraining(const std::optional<Outcome>& end) {
  REQUIRE(end);
  INFO(*end);
  CHECK(end->code == StatusCode::UNAVAILABLE);
  CHECK(end->reason == "DRAINING");
  CHECK(end->domain == "amqp-sidecar");
}

TEST_CASE("A drain with idle streams open tells them and ends at once") {
  World world(DrainFor("30s"));
  const std::string queue = world.names.Queue();
  PublishStream unused(world.client);
  PublishStream used(world.client);
  REQUIRE(used.Send(NumberedItems(0, 10, "", queue)));
  REQUIRE(used.WaitForResults(10));
  world.sidecar.Signal(SIGTERM);
  CHECK(world.sidecar.Wait(5s) == 0);
  CheckDraining(unused.WaitForEnd());
  CheckDraining(used.WaitForEnd());
  CHECK(used.count() == 10);
}

TEST_CASE("In a drain a stream's taken items are answered, later ones refused, then it ends") {
  ProxiedWorld world(DrainFor("20s"));
  const std::string queue = world.names.Queue();
  REQUIRE(world.client.Publish(JsonMessage("", queue)).ok());
  world.proxy.MuteBroker();
  PublishStream stream(world.client);
  REQUIRE(stream.Send(NumberedItems(0, 10, "", queue)));
  REQUIRE(Eventually(3s, [&] { return world.direct.Ready(queue) == 11; }));
  world.sidecar.Signal(SIGTERM);
  REQUIRE(Eventually(
      3s, [&] { return world.client.Publish(JsonMessage("", queue), 1s).reason == "DRAINING"; }));
  REQUIRE(stream.Send(NumberedItems(10, 5, "", queue)));
  REQUIRE(stream.WaitForResults(5, 2s));
  for (size_t i = 10; i < 15; ++i) {
    CheckResult(stream.At(i), StatusCode::UNAVAILABLE, "DRAINING", "NO");
  }
  CHECK_FALSE(stream.WaitForEnd(0ms));
  world.proxy.Restore();
  CheckDraining(stream.WaitForEnd(5s));
  CHECK(EachOnce(stream, 15));
  CHECK(CountOk(stream) == 10);
  CHECK(world.sidecar.Wait(5s) == 0);
  // A call that came just before the signal may be there, too.
  const std::multiset<std::string> delivered = IdsOf(world.direct.Drain(queue));
  for (size_t i = 0; i < 15; ++i) CHECK(delivered.count(IdOf(i)) == (i < 10 ? 1 : 0));
}

TEST_CASE("A stream under way when the drain begins is told of each item whether it was taken") {
  World world(DrainFor("10s"));
  const std::string queue = world.names.Queue();
  PublishStream stream(world.client);
  auto sending = InBackground([&] {
    size_t next = 0;
    while (next < 100'000 && stream.Send(NumberedItems(next, 50, "", queue))) next += 50;
  });
  REQUIRE(stream.WaitForResults(500));
  world.sidecar.Signal(SIGTERM);
  CheckDraining(stream.WaitForEnd());
  sending.get();
  CHECK(world.sidecar.Wait(10s) == 0);
  std::multiset<std::string> ok;
  for (const pb::PublishResult& result : stream.results()) {
    INFO("item " << result.tag() << ": " << result.code() << " " << result.reason());
    CHECK((result.code() == 0 || result.reason() == "DRAINING"));
    if (result.code() == 0) ok.insert(IdOf(result.tag()));
  }
  // What was taken is answered, so nothing else arrived.
  CHECK(IdsOf(world.direct.Drain(queue)) == ok);
}

TEST_CASE("A drain while the broker confirms nothing ends a stream within its time") {
  ProxiedWorld world(DrainFor("2s"));
  const std::string queue = world.names.Queue();
  REQUIRE(world.client.Publish(JsonMessage("", queue)).ok());
  world.proxy.MuteBroker();
  PublishStream stream(world.client);
  REQUIRE(stream.Send(NumberedItems(0, 10, "", queue)));
  REQUIRE(Eventually(3s, [&] { return world.direct.Ready(queue) == 11; }));
  world.sidecar.Signal(SIGTERM);
  CHECK(world.sidecar.Wait(5s) == 0);
  CheckDraining(stream.WaitForEnd());
  for (size_t i = 0; i < 10; ++i) {
    const std::optional<Outcome> outcome = stream.ResultOf(i);
    REQUIRE(outcome);
    INFO(*outcome);
    CHECK(outcome->reason == "OUTCOME_UNKNOWN");
    CHECK(outcome->persisted == "UNKNOWN");
  }
}

TEST_CASE("A stream that is opened during a drain is told so, item by item and at its end") {
  World world(DrainFor("20s"));
  const std::string queue = world.names.Queue();
  world.direct.Publish("", queue, "1");
  Subscription subscription(world.client, queue);
  REQUIRE(subscription.WaitForDeliveries(1));
  world.sidecar.Signal(SIGTERM);
  REQUIRE(subscription.WaitForEvents(2));
  PublishStream stream(world.client);
  // Where the stream has ended already, that says it for all.
  if (stream.Send(NumberedItems(0, 3, "", queue)) && stream.WaitForResults(3, 5s)) {
    for (size_t i = 0; i < 3; ++i) {
      CheckResult(stream.At(i), StatusCode::UNAVAILABLE, "DRAINING", "NO");
    }
  }
  CHECK(world.client.Ack(Ids(subscription.deliveries())).empty());
  CheckDraining(stream.WaitForEnd(5s));
  CHECK(world.sidecar.Wait(5s) == 0);
  CHECK(world.direct.Ready(queue) == 0);
}

TEST_CASE("A client that never reads its results does not hold up a drain") {
  World world(DrainFor("3s"));
  const std::string queue = world.names.Queue();
  PublishStream stream(world.client);
  stream.StopReading();
  REQUIRE(stream.SendInBatches(NumberedItems(0, 1000, "", queue), {100}));
  REQUIRE(Eventually(10s, [&] { return world.direct.Ready(queue) == 1000; }));
  world.sidecar.Signal(SIGTERM);
  CHECK(world.sidecar.Wait(8s) == 0);
}

}  // namespace
}  // namespace amqp_sidecar::test
