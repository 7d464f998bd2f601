// How a SubscribeStream ends, is interrupted and drains, and what becomes of what it held.
#include <signal.h>

#include "integration/subscribing.h"

namespace amqp_sidecar::test {
namespace {

using grpc::StatusCode;

SidecarOptions DrainFor(const std::string& time) {
  SidecarOptions options;
  options.more = "drain_timeout: " + time + "\n";
  return options;
}

void CheckEndsWell(const SubscribeStream& stream, Millis deadline = 10s) {
  const std::optional<Outcome> end = stream.WaitForEnd(deadline);
  REQUIRE(end);
  INFO(*end);
  CHECK(end->ok());
}

TEST_CASE("A stream for a queue that is not there ends with QUEUE_NOT_FOUND") {
  World world;
  SubscribeStream stream(world.client, "no-such-queue");
  CheckRefused(stream.WaitForEnd(), StatusCode::NOT_FOUND, "QUEUE_NOT_FOUND");
  CHECK(stream.responses().empty());
}

TEST_CASE("A half-closed stream that holds nothing ends at once with OK") {
  World world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 1);
  SubscribeStream stream(world.client, queue);
  REQUIRE(stream.WaitForDeliveries(1));
  REQUIRE(stream.Ack(Ids(stream.deliveries())));
  stream.HalfClose();
  CheckEndsWell(stream, 2s);
  CHECK(Eventually(2s, [&] { return world.direct.Consumers(queue) == 0; }));
  CHECK(world.direct.Ready(queue) == 0);

  // One that half-closes in the same breath as it subscribes, too.
  SubscribeStream brief(world.client, queue);
  brief.HalfClose();
  CheckEndsWell(brief, 2s);
}

TEST_CASE("A half-closed stream gets nothing new, and ends when calls have settled what it held") {
  World world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 3);
  SubscribeStream stream(world.client, queue);
  REQUIRE(stream.WaitForDeliveries(3));
  const IdList ids = Ids(stream.deliveries());
  stream.HalfClose();
  REQUIRE(Eventually(5s, [&] { return world.direct.Consumers(queue) == 0; }));
  PublishNumbers(world.direct, queue, 2, 3);
  CHECK(world.client.Ack({ids[0]}).empty());
  CHECK(world.client.Nack({ids[1]}).empty());
  CHECK(Throughout(300ms, [&] { return stream.delivery_count() == 3; }));
  CHECK_FALSE(stream.WaitForEnd(0ms));
  CHECK(world.client.Reject({ids[2]}).empty());
  CheckEndsWell(stream, 2s);
  // The nacked one, and the two that came later.
  CHECK(Eventually(2s, [&] { return world.direct.Ready(queue) == 3; }));
  // Known still, though their stream is gone, or stale with their channel: never unknown.
  for (const pb::SettleFailure& failure : world.client.Ack(ids)) {
    INFO(failure.ShortDebugString());
    CHECK((failure.reason() == "ALREADY_SETTLED" || failure.reason() == "STALE_DELIVERY"));
  }
}

TEST_CASE("What a half-closed stream said last still counts") {
  World world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 100);
  SubscribeStream stream(world.client, queue, 100);
  REQUIRE(stream.WaitForDeliveries(100));
  IdList ids = Ids(stream.deliveries());
  ids.insert(ids.begin() + 50, "nonsense");
  REQUIRE(stream.Ack(ids));
  stream.HalfClose();
  CheckEndsWell(stream);
  REQUIRE(stream.failures().size() == 1);
  CHECK(stream.failures()[0].delivery_id() == "nonsense");
  REQUIRE(Eventually(2s, [&] { return world.direct.Consumers(queue) == 0; }));
  CHECK(Throughout(200ms, [&] { return world.direct.Ready(queue) == 0; }));
}

TEST_CASE("A half-closed stream whose deliveries went stale with the link ends, too") {
  ProxiedWorld world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 2);
  SubscribeStream stream(world.client, queue);
  REQUIRE(stream.WaitForDeliveries(2));
  stream.HalfClose();
  REQUIRE(Eventually(5s, [&] { return world.direct.Consumers(queue) == 0; }));
  world.proxy.Cut();
  CheckEndsWell(stream);
  CHECK(stream.delivery_count() == 2);
  CHECK(Eventually(2s, [&] { return world.direct.Ready(queue) == 2; }));
  world.sidecar.WaitReady();
  CHECK(Throughout(300ms, [&] { return world.direct.Consumers(queue) == 0; }));
}

TEST_CASE("A stream that its client cancels gives back what it held at once") {
  World world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 10);
  SubscribeStream stream(world.client, queue);
  REQUIRE(stream.WaitForDeliveries(10));
  const IdList ids = Ids(stream.deliveries());
  REQUIRE(stream.Ack({ids[0]}));
  // The ack is on its way, not lost.
  REQUIRE(Eventually(5s, [&] { return world.client.Ack({ids[0]}).empty(); }));
  SECTION("while it is open") {}
  SECTION("after it was half-closed") { stream.HalfClose(); }
  stream.Cancel();
  CHECK(Eventually(2s, [&] { return world.direct.Ready(queue) == 9; }));
  CHECK(world.direct.Consumers(queue) == 0);
  const auto failures = world.client.Ack({ids[1]});
  REQUIRE(failures.size() == 1);
  CheckSettleFailure(failures[0], ids[1], StatusCode::FAILED_PRECONDITION, "STALE_DELIVERY");
}

TEST_CASE("A lost link interrupts a stream, it comes back, and ids from before fail as stale") {
  ProxiedWorld world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 2);
  SubscribeStream stream(world.client, queue);
  REQUIRE(stream.WaitForDeliveries(2));
  const IdList old = Ids(stream.deliveries());
  world.proxy.TakeAway();
  REQUIRE(stream.WaitForEvents(2));
  REQUIRE(stream.Ack({old[0]}));
  REQUIRE(stream.WaitForFailures(1));
  world.proxy.Restore();
  REQUIRE(stream.WaitForEvents(3));
  CHECK(stream.events() == Events{kSubscribed, kInterrupted, kResubscribed});
  REQUIRE(stream.WaitForDeliveries(4));
  REQUIRE(stream.Nack({old[1]}));
  REQUIRE(stream.WaitForFailures(2));
  const auto failures = stream.failures();
  for (const size_t i : {0, 1}) {
    CheckSettleFailure(failures[i], old[i], StatusCode::FAILED_PRECONDITION, "STALE_DELIVERY");
  }
  const std::vector<pb::Delivery> all = stream.deliveries();
  CHECK(all[2].redelivered());
  REQUIRE(stream.Ack({all[2].delivery_id(), all[3].delivery_id()}));
  stream.HalfClose();
  CheckEndsWell(stream);
  CHECK(stream.failures().size() == 2);
  CHECK(world.direct.Ready(queue) == 0);
}

TEST_CASE("A stream opened while the broker is away waits for it, and can be given up meanwhile") {
  ProxiedWorld world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 1);
  world.proxy.TakeAway();
  REQUIRE(
      Eventually(5s, [&] { return HttpGet(world.sidecar.admin_port(), "/readyz").status == 503; }));
  SubscribeStream stream(world.client, queue);
  SubscribeStream given_up(world.client, queue);
  REQUIRE(stream.WaitForEvents(1, 3s));
  REQUIRE(given_up.WaitForEvents(1, 3s));
  CHECK(stream.events() == Events{kInterrupted});
  given_up.HalfClose();
  CheckEndsWell(given_up, 2s);
  world.proxy.Restore();
  REQUIRE(stream.WaitForDeliveries(1));
  CHECK(stream.events() == Events{kInterrupted, kSubscribed});
  REQUIRE(stream.Ack(Ids(stream.deliveries())));
  stream.HalfClose();
  CheckEndsWell(stream);
}

TEST_CASE("During a drain a stream settles what it holds, gets nothing new, and is told") {
  World world(DrainFor("20s"));
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 3);
  SubscribeStream stream(world.client, queue);
  REQUIRE(stream.WaitForDeliveries(3));
  const IdList ids = Ids(stream.deliveries());
  world.sidecar.Signal(SIGTERM);
  REQUIRE(stream.WaitForEvents(2));
  CHECK(stream.events() == Events{kSubscribed, kDraining});
  SubscribeStream late(world.client, queue);
  CheckRefused(late.WaitForEnd(), StatusCode::UNAVAILABLE, "DRAINING");
  world.direct.Publish("", queue, "new");
  REQUIRE(stream.Ack({ids[0], "nonsense"}));
  REQUIRE(stream.WaitForFailures(1));
  CHECK(Throughout(300ms, [&] { return stream.delivery_count() == 3; }));
  CHECK_FALSE(world.sidecar.Wait(0ms));
  // The last of what it held, so that the stream may be over before gRPC says that it was sent.
  stream.Ack({ids[1], ids[2]});
  CheckRefused(stream.WaitForEnd(), StatusCode::UNAVAILABLE, "DRAINING");
  CHECK(world.sidecar.Wait(5s) == 0);
  REQUIRE(Eventually(5s, [&] { return world.direct.Ready(queue) == 1; }));
  CHECK(world.direct.Get(queue)->body == "new");
}

TEST_CASE("What a stream holds at the end of a drain goes back to the queue, never elsewhere") {
  World world(DrainFor("1s"));
  const std::string queue = world.names.Queue({{"x-queue-type", "quorum"}});
  PublishNumbers(world.direct, queue, 5);
  // With a policy by which one more failure would be the last.
  SubscribeStream stream(world.client, WithRetry(RequestFor(queue), 1, 10ms));
  REQUIRE(stream.WaitForDeliveries(5));
  world.sidecar.Signal(SIGTERM);
  CHECK(world.sidecar.Wait(5s) == 0);
  CheckRefused(stream.WaitForEnd(), StatusCode::UNAVAILABLE, "DRAINING");
  CHECK(Eventually(5s, [&] { return world.direct.Ready(queue) == 5; }));
  CHECK_FALSE(world.direct.QueueExists(world.names.DeadOf(queue)));
}

}  // namespace
}  // namespace amqp_sidecar::test
