// SubscribeStream: deliveries, settlements and their failures over one stream, and what is no
// request. How it ends otherwise: subscribe_stream_end_test.cc.
#include <set>
#include <string>

#include "integration/subscribing.h"

namespace amqp_sidecar::test {
namespace {

// Nothing beside an event, and no empty response.
void CheckForm(const SubscribeStream& stream) {
  for (const pb::SubscribeStreamResponse& response : stream.responses()) {
    INFO(response.ShortDebugString());
    const bool more = response.deliveries_size() + response.failures_size() > 0;
    CHECK(response.has_event() != more);
  }
}

TEST_CASE("A stream delivers, and what is settled over it is acked, nacked and rejected") {
  World world;
  const std::string dead = world.names.Queue();
  const std::string queue =
      world.names.Queue({{"x-dead-letter-exchange", ""}, {"x-dead-letter-routing-key", dead}});
  PublishNumbers(world.direct, queue, 6);
  SubscribeStream stream(world.client, queue);
  REQUIRE(stream.WaitForDeliveries(6));
  CHECK(Bodies(stream.deliveries()) == IdList{"0", "1", "2", "3", "4", "5"});
  const pb::Delivery first = stream.deliveries()[0];
  CHECK(first.queue() == queue);
  CHECK(first.routing_key() == queue);
  CHECK(first.attempt() == 1);
  CHECK_FALSE(first.redelivered());

  const IdList ids = Ids(stream.deliveries());
  REQUIRE(stream.Reject({ids[4], ids[5]}));
  REQUIRE(stream.Nack({ids[3], ids[2]}));
  REQUIRE(stream.Ack({ids[1], ids[0]}));
  REQUIRE(stream.WaitForDeliveries(8));
  std::vector<pb::Delivery> again = stream.deliveries();
  again.erase(again.begin(), again.begin() + 6);
  CHECK(Bodies(again) == IdList{"2", "3"});
  CHECK(again[0].redelivered());
  REQUIRE(stream.Ack(Ids(again)));
  CHECK(Eventually(5s, [&] { return world.direct.Ready(dead) == 2; }));
  CHECK(world.direct.Get(dead)->body == "4");
  CHECK(stream.events() == Events{kSubscribed});
  CHECK(stream.failures().empty());
  CheckForm(stream);
  stream.Cancel();
  REQUIRE(stream.WaitForEnd());
  REQUIRE(Eventually(5s, [&] { return world.direct.Consumers(queue) == 0; }));
  CHECK(world.direct.Ready(queue) == 0);
}

TEST_CASE("Of a stream's settlements only those are answered that did not take") {
  World world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 4);
  SubscribeStream stream(world.client, queue);
  REQUIRE(stream.WaitForDeliveries(4));
  const IdList ids = Ids(stream.deliveries());
  REQUIRE(stream.Ack({ids[0], "nonsense", ids[1], ids[0]}));
  REQUIRE(stream.Nack({ids[1], ids[0], ""}));
  REQUIRE(stream.Reject({ids[2] + "x", ids[2], ids[1]}));
  REQUIRE(stream.Ack({ids[2], ids[3], ids[3]}));
  REQUIRE(stream.WaitForFailures(7));
  CHECK(Throughout(200ms, [&] { return stream.failures().size() == 7; }));
  // A request that waits for its frames to be written is answered after one that has none.
  std::multiset<std::string> failures;
  for (const pb::SettleFailure& failure : stream.failures()) {
    failures.insert(failure.delivery_id() + " " + failure.reason());
  }
  CHECK(failures ==
        std::multiset<std::string>{"nonsense UNKNOWN_DELIVERY", ids[1] + " ALREADY_SETTLED",
                                   ids[0] + " ALREADY_SETTLED", " UNKNOWN_DELIVERY",
                                   ids[2] + "x UNKNOWN_DELIVERY", ids[1] + " ALREADY_SETTLED",
                                   ids[2] + " ALREADY_SETTLED"});
  CHECK(stream.events() == Events{kSubscribed});
  CheckForm(stream);
}

TEST_CASE("A thousand messages come in order over a stream that acks as they come") {
  World world;
  const std::string queue = world.names.Queue();
  constexpr int kCount = 1000;
  PublishNumbers(world.direct, queue, kCount);
  SubscribeStream stream(world.client, queue, 50);
  IdList unsettled;
  bool in_order = true;
  for (int i = 0; i < kCount; ++i) {
    const SubscribeStream::Arrival arrival = stream.Next();
    in_order &= arrival.delivery.body() == std::to_string(i);
    unsettled.push_back(arrival.id());
    if (unsettled.size() < 20) continue;
    REQUIRE(stream.Ack(unsettled));
    unsettled.clear();
  }
  CHECK(in_order);
  stream.HalfClose();
  const std::optional<Outcome> end = stream.WaitForEnd();
  REQUIRE(end);
  CHECK(end->ok());
  CHECK(stream.failures().empty());
  REQUIRE(Eventually(5s, [&] { return world.direct.Consumers(queue) == 0; }));
  CHECK(world.direct.Ready(queue) == 0);
  CHECK(stream.delivery_count() == kCount);
}

TEST_CASE("A stream settles the deliveries of other subscriptions, too, and they its own") {
  World world;
  const std::string one = world.names.Queue();
  const std::string two = world.names.Queue();
  PublishNumbers(world.direct, one, 1);
  PublishNumbers(world.direct, two, 2);
  Subscription call(world.client, one, 1);
  SubscribeStream first(world.client, two, 1);
  REQUIRE(call.WaitForDeliveries(1));
  REQUIRE(first.WaitForDeliveries(1));
  Client other(world.sidecar.target());
  SubscribeStream second(other, world.names.Queue());
  REQUIRE(second.WaitForEvents(1));
  REQUIRE(second.Ack({call.deliveries()[0].delivery_id(), first.deliveries()[0].delivery_id()}));
  // The next one comes as soon as the first is settled.
  REQUIRE(first.WaitForDeliveries(2));
  CHECK(other.Ack({first.deliveries()[1].delivery_id()}).empty());
  CHECK(second.failures().empty());
  call.Cancel();
  REQUIRE(call.WaitForEnd());
  CHECK(Eventually(5s, [&] { return world.direct.Consumers(one) == 0; }));
  CHECK(world.direct.Ready(one) == 0);
}

TEST_CASE("A second subscribe ends the stream, and what was unsettled goes back") {
  World world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 3);
  SubscribeStream stream(world.client, queue);
  REQUIRE(stream.WaitForDeliveries(3));
  stream.Subscribe(RequestFor(queue));
  CheckInvalid(stream.WaitForEnd());
  CHECK(Eventually(2s, [&] { return world.direct.Ready(queue) == 3; }));
}

TEST_CASE("A stream that begins with anything but subscribe is refused") {
  World world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 1);
  Subscription bystander(world.client, queue);
  REQUIRE(bystander.WaitForDeliveries(1));
  const IdList ids = Ids(bystander.deliveries());
  const auto refused = [&](const char* what, const auto& send) {
    INFO(what);
    SubscribeStream stream(world.client);
    send(stream);
    CheckInvalid(stream.WaitForEnd());
    CHECK(stream.responses().empty());
  };
  refused("ack", [&](SubscribeStream& stream) { stream.Ack(ids); });
  refused("nack", [&](SubscribeStream& stream) { stream.Nack(ids); });
  refused("reject", [&](SubscribeStream& stream) { stream.Reject(ids); });
  refused("extend", [&](SubscribeStream& stream) { stream.ExtendAckDeadline(ids, 5s); });
  refused("nothing", [](SubscribeStream& stream) { stream.SendBytes(""); });
  refused("half-close", [](SubscribeStream& stream) { stream.HalfClose(); });
  // A kind that this version does not know.
  refused("unknown", [](SubscribeStream& stream) { stream.SendBytes(std::string("\x7a\0", 2)); });
  // None of them counted.
  CHECK(world.client.Ack(ids).empty());
  CHECK(bystander.events() == Events{kSubscribed});
}

TEST_CASE("A request that asks for nothing ends the stream: silence would be a lie") {
  World world;
  SubscribeStream stream(world.client, world.names.Queue());
  REQUIRE(stream.WaitForEvents(1));
  stream.Send({});
  CheckInvalid(stream.WaitForEnd());
}

TEST_CASE("Times below zero are refused wherever a stream may name one") {
  World world;
  const std::string queue = world.names.Queue();
  const auto refused = [&](const char* field, pb::SubscribeRequest request) {
    INFO(field);
    SubscribeStream stream(world.client, request);
    CheckInvalid(stream.WaitForEnd(), field);
    CHECK(stream.responses().empty());
    Subscription call(world.client, request);
    CheckInvalid(call.WaitForEnd(), field);
  };
  refused("ack_deadline", WithAckDeadline(RequestFor(queue), -1s));
  refused("ack_deadline", WithAckDeadline(RequestFor(queue), -1ms));
  refused("initial_backoff", [&] {
    pb::SubscribeRequest request = WithRetry(RequestFor(queue), 3, 0ms);
    *request.mutable_retry()->mutable_initial_backoff() = DurationOf(-1s);
    return request;
  }());
  refused("max_backoff", [&] {
    pb::SubscribeRequest request = WithRetry(RequestFor(queue), 3, 100ms);
    *request.mutable_retry()->mutable_max_backoff() = DurationOf(-1s);
    return request;
  }());

  PublishNumbers(world.direct, queue, 1);
  const auto ended = [&](const char* field, const auto& settle) {
    INFO(field);
    SubscribeStream stream(world.client, queue);
    REQUIRE(stream.WaitForDeliveries(1));
    settle(stream, Ids(stream.deliveries()));
    CheckInvalid(stream.WaitForEnd(), field);
  };
  ended("delay", [](SubscribeStream& stream, const IdList& ids) { stream.Nack(ids, -1s); });
  ended("ack_deadline",
        [](SubscribeStream& stream, const IdList& ids) { stream.ExtendAckDeadline(ids, -1s); });
  ended("ack_deadline",
        [](SubscribeStream& stream, const IdList& ids) { stream.ExtendAckDeadline(ids, 0s); });
  CHECK(Eventually(2s, [&] { return world.direct.Ready(queue) == 1; }));
}

TEST_CASE("Bytes that are no request end the stream in our words, and nobody else's") {
  World world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 1);
  SubscribeStream bystander(world.client, world.names.Queue());
  REQUIRE(bystander.WaitForEvents(1));
  const std::string no_protobuf = "\xff\xff\xff";
  // ack {delivery_ids: "\xff"}, and subscribe {queue: "\xff"}: strings are UTF-8.
  const std::string ack_of_bad_text = "\x12\x03\x0a\x01\xff";
  const std::string subscribe_to_bad_text = "\x0a\x03\x0a\x01\xff";
  for (const std::string& bytes : {no_protobuf, ack_of_bad_text}) {
    SubscribeStream stream(world.client, queue);
    REQUIRE(stream.WaitForDeliveries(1));
    stream.SendBytes(bytes);
    CheckInvalid(stream.WaitForEnd());
    // It held one.
    CHECK(Eventually(2s, [&] { return world.direct.Ready(queue) == 1; }));
  }
  for (const std::string& bytes : {no_protobuf, subscribe_to_bad_text}) {
    SubscribeStream stream(world.client);
    stream.SendBytes(bytes);
    CheckInvalid(stream.WaitForEnd());
    CHECK(stream.responses().empty());
  }
  CHECK(bystander.events() == Events{kSubscribed});
}

}  // namespace
}  // namespace amqp_sidecar::test
