// Queues of the type stream, which keep their messages: where a subscription begins, what cannot be
// asked of it, and where it goes on after a reconnect.
#include <ctime>

#include "integration/subscribing.h"

namespace amqp_sidecar::test {
namespace {

using grpc::StatusCode;

const Direct::Arguments kStream = {{"x-queue-type", "stream"}};

pb::SubscribeRequest From(const std::string& queue, const pb::FieldValue& offset,
                          uint32_t prefetch = 100) {
  return WithArgument(RequestFor(queue, prefetch), "x-stream-offset", offset);
}

pb::FieldValue TimeValue(int64_t seconds) {
  pb::FieldValue value;
  value.mutable_timestamp_value()->set_seconds(seconds);
  return value;
}

pb::FieldValue BoolValue(bool on) {
  pb::FieldValue value;
  value.set_bool_value(on);
  return value;
}

IdList Numbers(int from, int to) {
  IdList numbers;
  for (int i = from; i < to; ++i) numbers.push_back(std::to_string(i));
  return numbers;
}

TEST_CASE("A stream is read from wherever the offset says") {
  World world;
  const std::string queue = world.names.Queue(kStream);
  PublishNumbers(world.direct, queue, 10);
  const auto reads = [&](const pb::FieldValue& offset, const IdList& bodies) {
    INFO(offset.ShortDebugString());
    SubscribeStream stream(world.client, From(queue, offset));
    REQUIRE(stream.WaitForEvents(1));
    CHECK(stream.WaitForDeliveries(bodies.size()));
    CHECK(Bodies(stream.deliveries()) == bodies);
    CHECK(stream.events() == Events{kSubscribed});
  };
  const IdList all = Numbers(0, 10);
  reads(TextValue("first"), all);
  reads(IntValue(0), all);
  reads(IntValue(3), Numbers(3, 10));
  reads(TextValue("1h"), all);
  reads(TimeValue(std::time(nullptr) - 3600), all);

  // Where the last chunk begins is the broker's affair; the last message is in it.
  SubscribeStream last(world.client, From(queue, TextValue("last")));
  REQUIRE(last.WaitForDeliveries(1));
  CHECK(Eventually(5s, [&] { return last.deliveries().back().body() == "9"; }));
  // "next" is also what holds where none is named.
  SubscribeStream next(world.client, From(queue, TextValue("next")));
  SubscribeStream none(world.client, queue);
  SubscribeStream future(world.client, From(queue, IntValue(11)));
  for (const SubscribeStream* stream : {&next, &none, &future}) {
    REQUIRE(stream->WaitForEvents(1));
    CHECK(stream->delivery_count() == 0);
  }
  PublishNumbers(world.direct, queue, 2, 10);
  CHECK(next.WaitForDeliveries(2));
  CHECK(none.WaitForDeliveries(2));
  CHECK(Bodies(next.deliveries()) == Numbers(10, 12));
  CHECK(future.Next().delivery.body() == "11");
}

// Several of these end the broker's whole connection with an internal error.
TEST_CASE("An offset that is none is refused, and costs no other subscription its link") {
  World world;
  const std::string queue = world.names.Queue(kStream);
  SubscribeStream bystander(world.client, world.names.Queue());
  REQUIRE(bystander.WaitForEvents(1));
  pb::FieldValue table;
  table.mutable_table_value();
  pb::FieldValue number;
  number.set_double_value(3);
  pb::FieldValue bytes;
  bytes.set_bytes_value("first");
  for (const pb::FieldValue& offset :
       {TextValue("bogus"), TextValue("10"), TextValue(""), TextValue("1 h"), TextValue("-1h"),
        BoolValue(true), IntValue(-1), number, bytes, table, pb::FieldValue()}) {
    INFO(offset.ShortDebugString());
    SubscribeStream stream(world.client, From(queue, offset));
    CheckInvalid(stream.WaitForEnd(), "x-stream-offset");
    CHECK(stream.responses().empty());
  }
  CHECK(Throughout(300ms, [&] { return bystander.events() == Events{kSubscribed}; }));
}

TEST_CASE("A stream's deliveries cannot go back or be rejected, and are unsettled still") {
  World world;
  const std::string queue = world.names.Queue(kStream);
  PublishNumbers(world.direct, queue, 3);
  SubscribeStream stream(world.client, From(queue, TextValue("first"), 1));
  const std::string id = stream.Next().id();
  const auto refused = [&](const std::vector<pb::SettleFailure>& failures) {
    REQUIRE_FALSE(failures.empty());
    CheckSettleFailure(failures.back(), id, StatusCode::FAILED_PRECONDITION, "NOT_REQUEUEABLE");
  };
  refused(world.client.Nack({id}));
  refused(world.client.Reject({id}));
  refused(NackAfter(world.client, {id}, 50ms).failures);
  REQUIRE(stream.Nack({id}));
  REQUIRE(stream.WaitForFailures(1));
  refused(stream.failures());
  CHECK(Throughout(300ms, [&] { return stream.delivery_count() == 1; }));
  CHECK(world.client.Ack({id}).empty());
  const SubscribeStream::Arrival next = stream.Next();
  CHECK(next.delivery.body() == "1");
  CHECK(next.delivery.attempt() == 1);
  CHECK(stream.events() == Events{kSubscribed});
}

TEST_CASE(
    "A stream has no deadlines: one that is asked for is refused, a configured one not meant") {
  SidecarOptions options;
  options.more = "subscribe: {default_ack_deadline: 0.2s}\n";
  World world(options);
  const std::string queue = world.names.Queue(kStream);
  PublishNumbers(world.direct, queue, 1);
  SubscribeStream refused(world.client, WithAckDeadline(From(queue, TextValue("first")), 10s));
  CheckInvalid(refused.WaitForEnd(), "ack_deadline");
  SubscribeStream retrying(world.client, WithRetry(From(queue, TextValue("first")), 3, 10ms));
  CheckInvalid(retrying.WaitForEnd(), "retry");
  // Nothing in the request tells that it is a stream.
  SubscribeStream untold(world.client, WithRetry(RequestFor(queue), 3, 10ms));
  CheckInvalid(untold.WaitForEnd(), "retry");
  CHECK(untold.responses().empty());
  // One that is bound is told with the first delivery at the latest, and does not get that.
  SubscribeStream bound(world.client, WithRetry(WithBinding(From(queue, TextValue("first")),
                                                            world.names.Exchange("topic"), "#"),
                                                3, 10ms));
  CheckInvalid(bound.WaitForEnd(), "retry");
  CHECK(bound.delivery_count() == 0);

  SubscribeStream stream(world.client, From(queue, TextValue("first"), 1));
  REQUIRE(stream.WaitForDeliveries(1));
  CHECK(Throughout(800ms, [&] { return stream.delivery_count() == 1; }));
  CHECK(world.client.Ack(Ids(stream.deliveries())).empty());
}

TEST_CASE("After a reconnect a stream goes on behind what was settled, wherever it began") {
  const bool from_first = GENERATE(true, false);
  CAPTURE(from_first);
  ProxiedWorld world;
  const std::string queue = world.names.Queue(kStream);
  if (from_first) PublishNumbers(world.direct, queue, 8);
  SubscribeStream stream(world.client, From(queue, TextValue(from_first ? "first" : "next"), 8));
  REQUIRE(stream.WaitForEvents(1));
  if (!from_first) PublishNumbers(world.direct, queue, 8);
  REQUIRE(stream.WaitForDeliveries(8));
  const IdList ids = Ids(stream.deliveries());
  // 0 to 3 are done, 4 is not, 5 is.
  REQUIRE(world.client.Ack({ids[1], ids[0], ids[3], ids[5], ids[2]}).empty());
  world.proxy.TakeAway();
  REQUIRE(stream.WaitForEvents(2));
  PublishNumbers(world.direct, queue, 2, 8);
  world.proxy.Restore();
  REQUIRE(stream.WaitForEvents(3));
  CHECK(stream.events() == Events{kSubscribed, kInterrupted, kResubscribed});
  REQUIRE(stream.WaitForDeliveries(14));
  std::vector<pb::Delivery> again = stream.deliveries();
  again.erase(again.begin(), again.begin() + 8);
  CHECK(Bodies(again) == Numbers(4, 10));
  const auto stale = world.client.Ack({ids[4]});
  REQUIRE(stale.size() == 1);
  CHECK(stale[0].reason() == "STALE_DELIVERY");
  CHECK(world.client.Ack(Ids(again)).empty());
  // With all of it settled, nothing comes twice.
  world.proxy.Cut();
  REQUIRE(stream.WaitForEvents(5));
  PublishNumbers(world.direct, queue, 1, 10);
  REQUIRE(stream.WaitForDeliveries(15));
  CHECK(stream.deliveries().back().body() == "10");
  CHECK(Throughout(200ms, [&] { return stream.delivery_count() == 15; }));
}

}  // namespace
}  // namespace amqp_sidecar::test
