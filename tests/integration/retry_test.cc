// A subscription's retry policy: what a Nack leads to, attempt by attempt, and that the message
// stays what it was. Where it goes in the end: dead_letter_test.cc.
#include <google/protobuf/util/message_differencer.h>

#include <ctime>

#include "integration/subscribing.h"

namespace amqp_sidecar::test {
namespace {

using grpc::StatusCode;

std::string WaitQueue(const std::string& queue, int ms) {
  return "amqp-sidecar.wait." + std::to_string(ms) + "ms." + queue;
}

// Everything that a subscriber sees of the message itself.
void CheckSameMessage(const pb::Delivery& one, const pb::Delivery& other) {
  CHECK(one.queue() == other.queue());
  CHECK(one.exchange() == other.exchange());
  CHECK(one.routing_key() == other.routing_key());
  CHECK(one.body() == other.body());
  CHECK(one.invalid_reason() == other.invalid_reason());
  std::string difference;
  google::protobuf::util::MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&difference);
  const bool same = differencer.Compare(one.properties(), other.properties());
  INFO(difference);
  CHECK(same);
}

const pb::FieldValue* Header(const pb::Delivery& delivery, const std::string& name) {
  const auto found = delivery.properties().headers().find(name);
  return found == delivery.properties().headers().end() ? nullptr : &found->second;
}

// Three failures under max_attempts 3 and 100 ms, each as long after the one before as it must be.
std::vector<pb::Delivery> FailThreeTimes(SubscribeStream& stream, const std::string& only_body) {
  std::vector<pb::Delivery> attempts;
  auto failed = SubscribeStream::Clock::now();
  for (const Millis wait : {0ms, 100ms, 200ms}) {
    const SubscribeStream::Arrival arrival = stream.Next();
    CHECK(arrival.at - failed >= wait);
    CHECK(arrival.at - failed < wait + 5s);
    CHECK(arrival.delivery.body() == only_body);
    attempts.push_back(arrival.delivery);
    CHECK(arrival.delivery.attempt() == attempts.size());
    failed = SubscribeStream::Clock::now();
    REQUIRE(stream.Nack({arrival.id()}));
  }
  return attempts;
}

TEST_CASE("A message that fails three times is seen thrice, ever later, and then is dead, once") {
  const std::string type = GENERATE("classic", "quorum");
  CAPTURE(type);
  World world;
  const std::string queue = world.names.Queue({{"x-queue-type", type}});
  const std::string dead = world.names.DeadOf(queue);
  const std::string exchange = world.names.ExchangeTo(queue, "order.#");
  // It was dead-lettered before, natively: that history is the message's own.
  const std::string earlier = world.names.Queue({{"x-message-ttl", int64_t{1}},
                                                 {"x-dead-letter-exchange", exchange},
                                                 {"x-dead-letter-routing-key", "order.new.eu"}});
  Direct::Message message;
  message.body = "{\"n\":7}";
  message.message_id = "id-7";
  message.content_type = "application/json";
  message.delivery_mode = 2;
  message.headers["n"] = {'l', "42"};
  message.headers["s"] = {'S', "text"};
  world.direct.Publish("", earlier, message);

  SubscribeStream stream(world.client, WithRetry(RequestFor(queue), 3, 100ms));
  const std::vector<pb::Delivery> attempts = FailThreeTimes(stream, message.body);
  CHECK(attempts[0].exchange() == exchange);
  CHECK(attempts[0].routing_key() == "order.new.eu");
  CHECK(attempts[0].properties().message_id() == "id-7");
  CHECK(Header(attempts[0], "n")->int_value() == 42);
  REQUIRE(Header(attempts[0], "x-death"));
  CHECK(Header(attempts[0], "x-death")->array_value().values_size() == 1);
  for (const pb::Delivery& attempt : attempts) {
    CheckSameMessage(attempts[0], attempt);
    CHECK_FALSE(Header(attempt, "x-sidecar-retry"));
  }

  REQUIRE(
      Eventually(5s, [&] { return world.direct.QueueExists(dead) && world.direct.Ready(dead); }));
  CHECK(Throughout(500ms, [&] { return world.direct.Ready(dead) == 1; }));
  CHECK(stream.delivery_count() == 3);
  CHECK(stream.failures().empty());
  CHECK(world.direct.Ready(queue) == 0);
  const Direct::Message last = world.direct.Get(dead).value();
  CHECK(last.body == message.body);
  CHECK(last.message_id == "id-7");
  CHECK(last.headers.at("n").text == "42");
  CHECK(last.headers.at("s").text == "text");
  CHECK_FALSE(last.headers.at("x-sidecar-reason").text.empty());
  CHECK(last.headers.at("x-sidecar-dead-by").text == "nack");
  CHECK(last.headers.at("x-sidecar-attempts").text == "3");
  CHECK(last.headers.at("x-sidecar-queue").text == queue);
  CHECK(last.headers.at("x-sidecar-exchange").text == exchange);
  CHECK(last.headers.at("x-sidecar-routing-key").text == "order.new.eu");
  CHECK(last.headers.at("x-sidecar-time").kind == 'T');
  CHECK(std::abs(std::stoll(last.headers.at("x-sidecar-time").text) - std::time(nullptr)) < 60);
}

TEST_CASE("All properties stay what they were, whichever the wait would change") {
  World world;
  const std::string queue = world.names.Queue();
  pb::PublishRequest request = JsonMessage("", queue, "text");
  pb::Properties& properties = *request.mutable_message()->mutable_properties();
  properties.set_content_type("text/plain");
  properties.set_content_encoding("identity");
  properties.set_delivery_mode(pb::DELIVERY_MODE_TRANSIENT);
  properties.set_priority(7);
  properties.set_correlation_id("corr-1");
  properties.set_reply_to("replies");
  properties.mutable_expiration()->set_seconds(600);
  properties.set_message_id("id-1");
  properties.mutable_timestamp()->set_seconds(1700000000);
  properties.set_type("order");
  properties.set_user_id("guest");
  properties.set_app_id("shop");
  (*properties.mutable_headers())["bytes"].set_bytes_value(std::string("\0\xff", 2));
  (*properties.mutable_headers())["time"].mutable_timestamp_value()->set_seconds(1700000001);
  (*properties.mutable_headers())["double"].set_double_value(0.1);
  pb::FieldTable* table = (*properties.mutable_headers())["table"].mutable_table_value();
  table->mutable_fields()->insert({"a", IntValue(1)});
  REQUIRE(world.client.Publish(request).ok());
  // And one that has nothing but a body, of many frames.
  const std::string large(700'001, 'l');
  SubscribeStream stream(world.client, WithRetry(RequestFor(queue), 0, 10ms));
  const pb::Delivery first = stream.Next().delivery;
  REQUIRE(stream.Nack({first.delivery_id()}));
  const pb::Delivery second = stream.Next().delivery;
  CHECK(second.attempt() == 2);
  CheckSameMessage(first, second);
  REQUIRE(stream.Ack({second.delivery_id()}));

  world.direct.Publish("", queue, large);
  const pb::Delivery bare = stream.Next().delivery;
  CHECK(bare.properties().ByteSizeLong() == 0);
  REQUIRE(stream.Nack({bare.delivery_id()}));
  const pb::Delivery again = stream.Next().delivery;
  CHECK((again.body() == large));
  CHECK(again.properties().ShortDebugString().empty());
  CHECK(again.exchange().empty());
  CHECK(again.routing_key() == queue);
  CHECK(stream.failures().empty());
}

TEST_CASE("A backoff doubles up to its maximum, and without a limit nothing ever is dead") {
  World world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 1);
  pb::SubscribeRequest request = WithRetry(RequestFor(queue), 0, 20ms);
  *request.mutable_retry()->mutable_max_backoff() = DurationOf(50ms);
  SubscribeStream stream(world.client, request);
  for (uint32_t attempt = 1; attempt <= 8; ++attempt) {
    const SubscribeStream::Arrival arrival = stream.Next();
    REQUIRE(arrival.delivery.attempt() == attempt);
    REQUIRE(stream.Nack({arrival.id()}));
  }
  REQUIRE(stream.Ack({stream.Next().id()}));
  // Their names say how long it waited.
  for (const int ms : {20, 40, 50}) CHECK(world.direct.QueueExists(WaitQueue(queue, ms)));
  for (const int ms : {80, 160}) CHECK_FALSE(world.direct.QueueExists(WaitQueue(queue, ms)));
  CHECK_FALSE(world.direct.QueueExists(world.names.DeadOf(queue)));
}

TEST_CASE("A policy that names no backoff waits 1 s, and one of more than a minute that long") {
  World world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 1);
  {
    SubscribeStream stream(world.client, WithRetry(RequestFor(queue), 3, 0ms));
    const SubscribeStream::Arrival first = stream.Next();
    REQUIRE(stream.Nack({first.id()}));
    const SubscribeStream::Arrival second = stream.Next();
    CHECK(second.at - first.at >= 1s);
    CHECK(world.direct.QueueExists(WaitQueue(queue, 1000)));
    REQUIRE(stream.Ack({second.id()}));
  }
  PublishNumbers(world.direct, queue, 1);
  SubscribeStream patient(world.client, WithRetry(RequestFor(queue), 3, 2h));
  REQUIRE(patient.Nack({patient.Next().id()}));
  CHECK(Eventually(5s, [&] { return world.direct.QueueExists(WaitQueue(queue, 7'200'000)); }));
  CHECK(Eventually(5s, [&] { return world.direct.Ready(WaitQueue(queue, 7'200'000)) == 1; }));
}

TEST_CASE("Backoffs that are out of range are refused") {
  World world;
  const std::string queue = world.names.Queue();
  const auto refused = [&](const std::string& field, const pb::SubscribeRequest& request) {
    INFO(field);
    SubscribeStream stream(world.client, request);
    CheckInvalid(stream.WaitForEnd(), field);
    CHECK(stream.responses().empty());
  };
  refused("initial_backoff", WithRetry(RequestFor(queue), 3, 9ms));
  refused("initial_backoff", WithRetry(RequestFor(queue), 3, 24h + 1ms));
  pb::SubscribeRequest request = WithRetry(RequestFor(queue), 3, 10ms);
  *request.mutable_retry()->mutable_max_backoff() = DurationOf(25h);
  refused("max_backoff", request);
  // The bounds themselves are not.
  request = WithRetry(RequestFor(queue), 3, 10ms);
  *request.mutable_retry()->mutable_max_backoff() = DurationOf(24h);
  SubscribeStream good(world.client, request);
  CHECK(good.WaitForEvents(1));
}

TEST_CASE("On a quorum queue a lost consumer counts as an attempt, on a classic one it does not") {
  const std::string type = GENERATE("classic", "quorum");
  CAPTURE(type);
  World world;
  const std::string queue = world.names.Queue({{"x-queue-type", type}});
  PublishNumbers(world.direct, queue, 1);
  {
    SubscribeStream lost(world.client, WithRetry(RequestFor(queue), 3, 10ms));
    CHECK(lost.Next().delivery.attempt() == 1);
  }
  SubscribeStream stream(world.client, WithRetry(RequestFor(queue), 3, 10ms));
  const uint32_t counted = type == "quorum" ? 1 : 0;
  for (uint32_t attempt = 1 + counted; attempt <= 3; ++attempt) {
    const SubscribeStream::Arrival arrival = stream.Next();
    CHECK(arrival.delivery.attempt() == attempt);
    REQUIRE(stream.Nack({arrival.id()}));
  }
  const std::string dead = world.names.DeadOf(queue);
  REQUIRE(
      Eventually(5s, [&] { return world.direct.QueueExists(dead) && world.direct.Ready(dead); }));
  CHECK(stream.delivery_count() == 3 - counted);
}

TEST_CASE("A deadline that expires is a failed attempt of the policy") {
  World world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 1);
  const auto start = SubscribeStream::Clock::now();
  SubscribeStream stream(world.client,
                         WithAckDeadline(WithRetry(RequestFor(queue), 2, 100ms), 200ms));
  CHECK(stream.Next().delivery.attempt() == 1);
  const SubscribeStream::Arrival second = stream.Next();
  CHECK(second.delivery.attempt() == 2);
  CHECK(second.at - start >= 300ms);
  const std::string dead = world.names.DeadOf(queue);
  REQUIRE(
      Eventually(5s, [&] { return world.direct.QueueExists(dead) && world.direct.Ready(dead); }));
  CHECK(world.direct.Get(dead)->headers.at("x-sidecar-dead-by").text == "ack_deadline");
  const auto failures = world.client.Ack({second.id()});
  REQUIRE(failures.size() == 1);
  CheckSettleFailure(failures[0], second.id(), StatusCode::FAILED_PRECONDITION, "DEADLINE_EXPIRED");
  CHECK(Throughout(300ms, [&] { return stream.delivery_count() == 2; }));
  CHECK(world.direct.Ready(dead) == 0);
}

}  // namespace
}  // namespace amqp_sidecar::test
