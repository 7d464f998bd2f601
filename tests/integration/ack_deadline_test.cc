// The acknowledgement deadline: what is not settled in time goes back, unless it is extended.
// What the broker's own limit means for it: ack_deadline_limit_test.cc.
#include <algorithm>

#include "integration/subscribing.h"

namespace amqp_sidecar::test {
namespace {

using grpc::StatusCode;
using Clock = SubscribeStream::Clock;

void CheckExpired(const std::vector<pb::SettleFailure>& failures, const std::string& id) {
  REQUIRE(failures.size() == 1);
  CheckSettleFailure(failures[0], id, StatusCode::FAILED_PRECONDITION, "DEADLINE_EXPIRED");
}

TEST_CASE("A delivery that is not settled by its deadline comes again, and its id has expired") {
  const std::string type = GENERATE("classic", "quorum");
  CAPTURE(type);
  World world;
  const std::string queue = world.names.Queue({{"x-queue-type", type}});
  PublishNumbers(world.direct, queue, 1);
  const auto start = Clock::now();
  SubscribeStream stream(world.client, WithAckDeadline(RequestFor(queue), 400ms));
  const SubscribeStream::Arrival first = stream.Next();
  const SubscribeStream::Arrival second = stream.Next();
  CHECK(second.at - start >= 400ms);
  CHECK(second.at - first.at < 3s);
  CHECK(second.delivery.body() == "0");
  CHECK(second.delivery.redelivered());
  CHECK(second.delivery.attempt() == (type == "quorum" ? 2 : 1));
  CHECK(second.id() != first.id());
  CheckExpired(world.client.Ack({first.id()}), first.id());
  CheckExpired(world.client.Nack({first.id()}), first.id());
  CheckExpired(world.client.Reject({first.id()}), first.id());
  CheckExpired(Extend(world.client, {first.id()}, 5s).failures, first.id());
  CHECK(world.client.Ack({second.id()}).empty());
  CHECK(Throughout(800ms, [&] { return stream.delivery_count() == 2; }));
  CHECK(stream.events() == Events{kSubscribed});
  CHECK(world.direct.Ready(queue) == 0);
}

TEST_CASE("What expired at one subscription goes to another, and those in time are left alone") {
  World world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 4);
  SubscribeStream slow(world.client, WithAckDeadline(RequestFor(queue, 4), 500ms));
  REQUIRE(slow.WaitForDeliveries(4));
  const IdList ids = Ids(slow.deliveries());
  // It is served first.
  pb::SubscribeRequest request = RequestFor(queue);
  request.set_priority(10);
  SubscribeStream quick(world.client, request);
  REQUIRE(quick.WaitForEvents(1));
  REQUIRE(slow.Ack({ids[0], ids[2]}));
  REQUIRE(quick.WaitForDeliveries(2));
  std::vector<std::string> bodies = Bodies(quick.deliveries());
  std::ranges::sort(bodies);
  CHECK(bodies == IdList{"1", "3"});
  CHECK(slow.failures().empty());
  REQUIRE(slow.Ack({ids[1]}));
  REQUIRE(slow.WaitForFailures(1));
  CheckExpired(slow.failures(), ids[1]);
}

TEST_CASE("A delivery that is extended again and again is kept as long as that takes") {
  const bool by_stream = GENERATE(true, false);
  CAPTURE(by_stream);
  World world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 2);
  SubscribeStream stream(world.client, WithAckDeadline(RequestFor(queue, 2), 1s));
  REQUIRE(stream.WaitForDeliveries(2));
  const IdList ids = Ids(stream.deliveries());
  bool kept = true;
  // The other one is not, so that it shows that time passes.
  REQUIRE(Eventually(15s, [&] {
    if (by_stream) {
      kept &= stream.ExtendAckDeadline({ids[0]}, 1s);
    } else {
      kept &= Extend(world.client, {ids[0]}, 1s).took_all();
    }
    return Throughout(100ms, [&] { return stream.delivery_count() < 4; }) == false;
  }));
  CHECK(kept);
  CHECK(stream.failures().empty());
  CHECK(Bodies(stream.deliveries()) == IdList{"0", "1", "1", "1"});
  CHECK(world.client.Ack({ids[0]}).empty());
}

TEST_CASE("An extension counts from when it is asked for, and runs out") {
  World world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 1);
  SubscribeStream stream(world.client, WithAckDeadline(RequestFor(queue), 500ms));
  const SubscribeStream::Arrival first = stream.Next();
  const Clock::time_point asked = Clock::now();
  REQUIRE(Extend(world.client, {first.id()}, 1500ms).took_all());
  const SubscribeStream::Arrival second = stream.Next();
  CHECK(second.at - asked >= 1500ms);
  CHECK(second.at - asked < 4s);
  CheckExpired(world.client.Ack({first.id()}), first.id());
}

TEST_CASE("Extensions that are none are refused, and those of what is not held fail") {
  World world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 2);
  SubscribeStream stream(world.client, WithAckDeadline(RequestFor(queue), 60s));
  REQUIRE(stream.WaitForDeliveries(2));
  const IdList ids = Ids(stream.deliveries());
  CheckInvalid(Extend(world.client, ids, 0ms).outcome, "ack_deadline");
  CheckInvalid(Extend(world.client, ids, -1s).outcome, "ack_deadline");
  pb::ExtendAckDeadlineRequest none;
  none.add_delivery_ids(ids[0]);
  CheckInvalid(Settle(world.client, &pb::SubscriberService::Stub::ExtendAckDeadline, none).outcome,
               "ack_deadline");

  REQUIRE(world.client.Ack({ids[0]}).empty());
  const auto failures = Extend(world.client, {"nonsense", ids[0], ids[1]}, 5s).failures;
  REQUIRE(failures.size() == 2);
  CheckSettleFailure(failures[0], "nonsense", StatusCode::NOT_FOUND, "UNKNOWN_DELIVERY");
  CheckSettleFailure(failures[1], ids[0], StatusCode::FAILED_PRECONDITION, "ALREADY_SETTLED");
  stream.Cancel();
  REQUIRE(stream.WaitForEnd());
  REQUIRE(Eventually(2s, [&] { return world.direct.Ready(queue) == 1; }));
  const auto stale = Extend(world.client, {ids[1]}, 5s).failures;
  REQUIRE(stale.size() == 1);
  CheckSettleFailure(stale[0], ids[1], StatusCode::FAILED_PRECONDITION, "STALE_DELIVERY");
}

TEST_CASE("A delivery without a deadline does not get one by an extension") {
  World world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 1);
  SubscribeStream stream(world.client, queue);
  const std::string id = stream.Next().id();
  CHECK(Extend(world.client, {id}, 50ms).took_all());
  REQUIRE(stream.ExtendAckDeadline({id}, 50ms));
  CHECK(Throughout(1s, [&] { return stream.delivery_count() == 1; }));
  CHECK(stream.failures().empty());
  CHECK(world.client.Ack({id}).empty());
}

TEST_CASE("The configured deadline holds where the request names none, and 0 turns it off") {
  SidecarOptions options;
  options.more = "subscribe: {default_ack_deadline: 0.3s}\n";
  World world(options);
  const std::string one = world.names.Queue();
  const std::string two = world.names.Queue();
  PublishNumbers(world.direct, one, 1);
  PublishNumbers(world.direct, two, 1);
  SubscribeStream without(world.client, WithAckDeadline(RequestFor(two), 0ms));
  REQUIRE(without.WaitForDeliveries(1));
  Subscription with(world.client, one);
  REQUIRE(with.WaitForDeliveries(3));
  CHECK(without.delivery_count() == 1);
  CHECK(world.client.Ack(Ids(without.deliveries())).empty());
  const std::string expired = with.deliveries()[0].delivery_id();
  CheckExpired(world.client.Ack({expired}), expired);
}

TEST_CASE("Deadlines hold after a reconnect, and run on while a stream is half-closed") {
  ProxiedWorld world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 1);
  SubscribeStream stream(world.client, WithAckDeadline(RequestFor(queue), 400ms));
  REQUIRE(stream.WaitForDeliveries(1));
  world.proxy.Cut();
  REQUIRE(stream.WaitForEvents(3));
  const size_t before = stream.delivery_count();
  REQUIRE(stream.WaitForDeliveries(before + 2));
  stream.HalfClose();
  // With its last delivery it has nothing to wait for.
  const std::optional<Outcome> end = stream.WaitForEnd();
  REQUIRE(end);
  CHECK(end->ok());
  CHECK(Eventually(2s, [&] { return world.direct.Ready(queue) == 1; }));
}

}  // namespace
}  // namespace amqp_sidecar::test
