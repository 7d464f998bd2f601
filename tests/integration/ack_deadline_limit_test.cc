// The acknowledgement deadline and what bounds it: the broker's consumer_timeout, and a client that
// does not read.
#include "integration/subscribing.h"

namespace amqp_sidecar::test {
namespace {

SidecarOptions BrokerTimeout(const std::string& time) {
  SidecarOptions options;
  options.amqp = kFastReconnect;
  options.more = "subscribe: {broker_consumer_timeout: " + time + "}\n";
  return options;
}

TEST_CASE("A deadline over 80 % of the broker's timeout is refused, one within it is not") {
  World world(BrokerTimeout("10s"));
  const std::string queue = world.names.Queue();
  const auto refused = [&](Millis deadline) {
    CAPTURE(deadline.count());
    SubscribeStream stream(world.client, WithAckDeadline(RequestFor(queue), deadline));
    CheckInvalid(stream.WaitForEnd(), "ack_deadline");
    CHECK(stream.responses().empty());
    Subscription call(world.client, WithAckDeadline(RequestFor(queue), deadline));
    CheckInvalid(call.WaitForEnd(), "ack_deadline");
  };
  refused(8001ms);
  refused(24h);
  SubscribeStream within(world.client, WithAckDeadline(RequestFor(queue), 8s));
  REQUIRE(within.WaitForEvents(1));
  CHECK(within.events() == Events{kSubscribed});
}

TEST_CASE("Where the broker has no timeout, a long deadline is as good as any") {
  World world(BrokerTimeout("0s"));
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 1);
  SubscribeStream stream(world.client, WithAckDeadline(RequestFor(queue), 20h));
  const std::string id = stream.Next().id();
  CHECK(Extend(world.client, {id}, 23h).took_all());
  CHECK(world.client.Ack({id}).empty());
}

TEST_CASE("An extension past what the broker allows fails, and the deadline stays as it was") {
  World world(BrokerTimeout("5s"));
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 1);
  SubscribeStream stream(world.client, WithAckDeadline(RequestFor(queue), 1s));
  const SubscribeStream::Arrival first = stream.Next();
  const auto failures = Extend(world.client, {first.id()}, 4500ms).failures;
  REQUIRE(failures.size() == 1);
  INFO(failures[0].ShortDebugString());
  CHECK(failures[0].delivery_id() == first.id());
  CHECK(failures[0].reason() == "DEADLINE_LIMIT");
  CHECK(failures[0].code() != grpc::StatusCode::OK);
  CHECK_FALSE(failures[0].detail().empty());
  REQUIRE(stream.ExtendAckDeadline({first.id()}, 1h));
  REQUIRE(stream.WaitForFailures(1));
  CHECK(stream.failures()[0].reason() == "DEADLINE_LIMIT");
  const SubscribeStream::Arrival second = stream.Next();
  CHECK(second.at - first.at < 3s);

  // It counts from the delivery: what was fine at first is too much later. Each gives 2 s; the
  // delivery may be held for 4 s.
  Settled last;
  REQUIRE(Eventually(6s, [&] {
    last = Extend(world.client, {second.id()}, 2s);
    return !last.took_all();
  }));
  REQUIRE(last.failures.size() == 1);
  CHECK(last.failures[0].reason() == "DEADLINE_LIMIT");
  const auto held = SubscribeStream::Clock::now() - second.at;
  CHECK(held > 1500ms);
  CHECK(held < 3500ms);
  // Never longer than that, and no longer than the last extension that took.
  const SubscribeStream::Arrival third = stream.Next();
  CHECK(third.at - second.at > 3500ms);
  CHECK(third.at - second.at < 6s);
  CHECK(stream.events() == Events{kSubscribed});
}

// Each of its deliveries expires more than ten times while it does not read.
TEST_CASE("A client that does not read gets little that has expired, and costs no memory") {
  World world;
  const std::string queue = world.names.Queue();
  constexpr size_t kPrefetch = 50;
  Direct::Message message;
  message.body = std::string(100'000, 'x');
  for (size_t i = 0; i < kPrefetch; ++i) world.direct.Publish("", queue, message);
  const size_t before = world.sidecar.ResidentBytes();
  SubscribeStream stream(world.client, WithAckDeadline(RequestFor(queue, kPrefetch), 300ms));
  stream.StopReading();
  REQUIRE(Eventually(5s, [&] { return world.direct.Consumers(queue) == 1; }));
  CHECK(Throughout(4s, [&] { return world.sidecar.ResidentBytes() < before + 40'000'000; }));

  stream.ReadOn();
  size_t good = 0;
  size_t expired = 0;
  REQUIRE(Eventually(20s, [&] {
    IdList ids;
    while (stream.delivery_count() > good + expired + ids.size()) ids.push_back(stream.Next().id());
    const size_t failed = world.client.Ack(ids).size();
    expired += failed;
    good += ids.size() - failed;
    return good >= kPrefetch;
  }));
  CHECK(expired <= 3 * kPrefetch);
  CHECK(stream.events() == Events{kSubscribed});
  CHECK(Eventually(2s, [&] { return world.direct.Ready(queue) == 0; }));
}

// The disturbed node's consumer_timeout is 3 s, looked at every second.
TEST_CASE("Deadlines keep a subscription clear of the broker's timeout", "[disturbs]") {
  World world(BrokerTimeout("3s"), RabbitmqNode::Disturbed());
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 1);
  SubscribeStream stream(world.client, WithAckDeadline(RequestFor(queue), 2s));
  REQUIRE(stream.WaitForDeliveries(3, 15s));
  CHECK(stream.events() == Events{kSubscribed});
}

TEST_CASE(
    "What is held near the broker's timeout is warned of, and past it the stream is interrupted",
    "[disturbs]") {
  World world(BrokerTimeout("3s"), RabbitmqNode::Disturbed());
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 1);
  SubscribeStream stream(world.client, queue);
  const std::string old = stream.Next().id();
  const auto warned = [&] {
    const std::string log = world.sidecar.output();
    const size_t at = log.find("unsettled");
    return at != std::string::npos && log.find(queue, log.rfind('\n', at)) != std::string::npos;
  };
  CHECK(Eventually(10s, [&] { return warned() || stream.events().size() > 1; }));
  CHECK(warned());
  CHECK(stream.events() == Events{kSubscribed});
  REQUIRE(stream.WaitForEvents(3, 30s));
  CHECK(stream.events() == Events{kSubscribed, kInterrupted, kResubscribed});
  const SubscribeStream::Arrival again = stream.Next();
  REQUIRE(stream.Ack({old, again.id()}));
  REQUIRE(stream.WaitForFailures(1));
  CHECK(stream.failures()[0].delivery_id() == old);
  CHECK(stream.failures()[0].reason() == "STALE_DELIVERY");
}

}  // namespace
}  // namespace amqp_sidecar::test
