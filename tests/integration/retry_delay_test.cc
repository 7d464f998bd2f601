// Nack with a delay, with and without a retry policy, and the queues in which messages wait.
#include <sstream>

#include "integration/subscribing.h"

namespace amqp_sidecar::test {
namespace {

using grpc::StatusCode;

std::string WaitQueue(const std::string& queue, int ms) {
  return "amqp-sidecar.wait." + std::to_string(ms) + "ms." + queue;
}

TEST_CASE("A nack with a delay brings the message again after it, and counts, without a policy") {
  const std::string type = GENERATE("classic", "quorum");
  CAPTURE(type);
  World world;
  const std::string queue = world.names.Queue({{"x-queue-type", type}});
  PublishNumbers(world.direct, queue, 1);
  SubscribeStream stream(world.client, queue);
  uint32_t attempt = 1;
  SubscribeStream::Arrival last = stream.Next();
  CHECK(last.delivery.attempt() == attempt);
  for (const Millis delay : {10ms, 1500ms, 300ms}) {
    const auto nacked = SubscribeStream::Clock::now();
    if (delay == 300ms) {
      REQUIRE(NackAfter(world.client, {last.id()}, delay).took_all());
    } else {
      REQUIRE(stream.Nack({last.id()}, delay));
    }
    last = stream.Next();
    CHECK(last.at - nacked >= delay);
    CHECK(last.at - nacked < delay + 3s);
    CHECK(last.delivery.attempt() == ++attempt);
    CHECK(last.delivery.body() == "0");
    CHECK(last.delivery.routing_key() == queue);
    CHECK(last.delivery.properties().ByteSizeLong() == 0);
  }
  // And at once, where none is named.
  REQUIRE(stream.Nack({last.id()}));
  last = stream.Next();
  CHECK(last.delivery.attempt() == (type == "quorum" ? 5 : 4));
  REQUIRE(stream.Ack({last.id()}));
  CHECK(stream.failures().empty());
  CHECK_FALSE(world.direct.QueueExists(world.names.DeadOf(queue)));
}

TEST_CASE(
    "A delay takes the place of the policy's backoff, and counts as an attempt all the same") {
  World world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 1);
  SubscribeStream stream(world.client, WithRetry(RequestFor(queue), 2, 1h));
  REQUIRE(stream.Nack({stream.Next().id()}, 30ms));
  const SubscribeStream::Arrival second = stream.Next();
  CHECK(second.delivery.attempt() == 2);
  REQUIRE(stream.Nack({second.id()}, 30ms));
  const std::string dead = world.names.DeadOf(queue);
  CHECK(Eventually(5s, [&] { return world.direct.QueueExists(dead) && world.direct.Ready(dead); }));
  CHECK(stream.delivery_count() == 2);
}

TEST_CASE("What was not attempted comes again at once, and no attempt of the policy is counted") {
  World world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 1);
  SubscribeStream stream(world.client, WithRetry(RequestFor(queue), 1, 10s));
  pb::NackRequest request;
  request.set_not_attempted(true);
  // With one attempt allowed any other nack would make it a dead letter.
  for (int i = 0; i < 3; ++i) {
    const SubscribeStream::Arrival arrival = stream.Next();
    CHECK(arrival.delivery.attempt() == 1);
    CHECK(arrival.delivery.redelivered() == (i > 0));
    request.clear_delivery_ids();
    request.add_delivery_ids(arrival.id());
    request.mutable_delay()->set_seconds(1);
    CheckInvalid(Settle(world.client, &pb::SubscriberService::Stub::Nack, request).outcome,
                 "delay");
    request.clear_delay();
    CHECK(Settle(world.client, &pb::SubscriberService::Stub::Nack, request).took_all());
  }
  CHECK(world.client.Ack({stream.Next().id()}).empty());
  CHECK_FALSE(world.direct.QueueExists(queue + ".dead"));
}

TEST_CASE("A delay that is out of range is refused, and the delivery is unsettled still") {
  World world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 1);
  SubscribeStream stream(world.client, queue);
  const std::string id = stream.Next().id();
  for (const Millis delay :
       {Millis(5ms), Millis(9ms), Millis(24h + 1ms), Millis(25h), Millis(-1s)}) {
    CAPTURE(delay.count());
    const Settled refused = NackAfter(world.client, {id}, delay);
    CheckInvalid(refused.outcome, "delay");
    if (delay > 0ms) CHECK_THAT(refused.outcome.text, ContainsSubstring("24 h"));
  }
  CHECK(Throughout(300ms, [&] { return stream.delivery_count() == 1; }));
  CHECK(world.client.Ack({id}).empty());
  stream.HalfClose();
  CHECK(stream.WaitForEnd());
  REQUIRE(Eventually(2s, [&] { return world.direct.Consumers(queue) == 0; }));
  CHECK(world.direct.Ready(queue) == 0);
}

TEST_CASE("Delays are rounded up to two significant digits, and like ones share a queue") {
  World world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 5);
  SubscribeStream stream(world.client, queue);
  REQUIRE(stream.WaitForDeliveries(5));
  const IdList ids = Ids(stream.deliveries());
  REQUIRE(NackAfter(world.client, {ids[0]}, 61'234ms).took_all());
  REQUIRE(NackAfter(world.client, {ids[1]}, 62'000ms).took_all());
  REQUIRE(NackAfter(world.client, {ids[2]}, 99'001ms).took_all());
  REQUIRE(NackAfter(world.client, {ids[3]}, 100'000ms).took_all());
  REQUIRE(NackAfter(world.client, {ids[4]}, 24h).took_all());
  CHECK(world.direct.Ready(WaitQueue(queue, 62'000)) == 2);
  CHECK(world.direct.Ready(WaitQueue(queue, 100'000)) == 2);
  // 86,400,000 ms, rounded up.
  CHECK(world.direct.Ready(WaitQueue(queue, 87'000'000)) == 1);

  const auto nacked = SubscribeStream::Clock::now();
  PublishNumbers(world.direct, queue, 1);
  REQUIRE(stream.WaitForDeliveries(6));
  REQUIRE(stream.Nack({stream.deliveries()[5].delivery_id()}, 1234ms));
  REQUIRE(stream.WaitForDeliveries(7));
  CHECK(SubscribeStream::Clock::now() - nacked >= 1300ms);
  CHECK(world.direct.QueueExists(WaitQueue(queue, 1300)));
}

TEST_CASE("A short delay is not held up by a long one") {
  World world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 3);
  SubscribeStream stream(world.client, queue);
  REQUIRE(stream.WaitForDeliveries(3));
  const IdList ids = Ids(stream.deliveries());
  REQUIRE(NackAfter(world.client, {ids[0]}, 1h).took_all());
  REQUIRE(NackAfter(world.client, {ids[1]}, 500ms).took_all());
  REQUIRE(NackAfter(world.client, {ids[2]}, 50ms).took_all());
  REQUIRE(stream.WaitForDeliveries(5, 3s));
  CHECK(Bodies(stream.deliveries()) == IdList{"0", "1", "2", "2", "1"});
}

TEST_CASE("A queue for waiting is a safe one, and goes away when it is unused for long") {
  World world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 1);
  SubscribeStream stream(world.client, queue);
  REQUIRE(NackAfter(world.client, {stream.Next().id()}, 90s).took_all());
  std::istringstream lines(world.node.Ctl(
      {"list_queues", "name", "type", "durable", "arguments", "--no-table-headers"}));
  std::string found;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(WaitQueue(queue, 90'000) + "\t")) found = line;
  }
  INFO(found);
  CHECK_THAT(found, ContainsSubstring("\tquorum\ttrue\t"));
  CHECK_THAT(found, ContainsSubstring("{\"x-message-ttl\",90000}"));
  CHECK_THAT(found, ContainsSubstring("{\"x-dead-letter-exchange\",[]}") ||
                        ContainsSubstring("{\"x-dead-letter-exchange\",\"\"}"));
  CHECK_THAT(found, ContainsSubstring("{\"x-dead-letter-routing-key\",\"" + queue + "\"}"));
  CHECK_THAT(found, ContainsSubstring("{\"x-dead-letter-strategy\",\"at-least-once\"}"));
  // Longer than a message waits in it, which a queue's expiry does not care about.
  const std::string expires = "{\"x-expires\",";
  const size_t at = found.find(expires);
  REQUIRE(at != std::string::npos);
  CHECK(std::stoll(found.substr(at + expires.size())) > 90'000);
}

TEST_CASE(
    "A message that cannot be put where it is to wait is requeued at once, and that is told") {
  World world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 1);
  // Somebody has taken the name, for another kind of queue.
  const std::string taken = WaitQueue(queue, 200);
  world.direct.DeclareQueue(taken);
  OnExit gone([&] { world.direct.DeleteQueue(taken); });
  SubscribeStream stream(world.client, queue);
  const std::string first = stream.Next().id();
  const Settled settled = NackAfter(world.client, {first}, 200ms);
  REQUIRE(settled.failures.size() == 1);
  CheckSettleFailure(settled.failures[0], first, StatusCode::UNAVAILABLE, "NOT_MOVED");
  const SubscribeStream::Arrival again = stream.Next();
  CHECK(again.delivery.redelivered());
  CHECK(world.direct.Ready(taken) == 0);
  REQUIRE(stream.Nack({again.id()}, 200ms));
  REQUIRE(stream.WaitForFailures(1));
  CheckSettleFailure(stream.failures()[0], again.id(), StatusCode::UNAVAILABLE, "NOT_MOVED");
  // Only that wait is spoilt.
  REQUIRE(stream.Nack({stream.Next().id()}, 20ms));
  CHECK(world.client.Ack({stream.Next().id()}).empty());
  CHECK(stream.events() == Events{kSubscribed});
}

TEST_CASE("A queue whose name leaves no room for another's loses nothing by a delay") {
  World world;
  std::string queue = world.names.Reserve("q");
  queue.resize(250, 'x');
  world.direct.DeclareQueue(queue);
  OnExit gone([&] { world.direct.DeleteQueue(queue); });
  PublishNumbers(world.direct, queue, 1);
  SubscribeStream stream(world.client, queue);
  REQUIRE(stream.WaitForDeliveries(1));
  const Settled settled = NackAfter(world.client, {stream.Next().id()}, 20ms);
  INFO(settled.outcome);
  // Delayed, or refused in words and unsettled, or requeued and that told: never just gone.
  if (!settled.outcome.ok()) {
    CheckInvalid(settled.outcome);
    CHECK(world.client.Ack({stream.deliveries()[0].delivery_id()}).empty());
  } else {
    if (!settled.failures.empty()) CHECK(settled.failures[0].reason() == "NOT_MOVED");
    CHECK(world.client.Ack({stream.Next().id()}).empty());
  }
  CHECK(stream.events() == Events{kSubscribed});
}

}  // namespace
}  // namespace amqp_sidecar::test
