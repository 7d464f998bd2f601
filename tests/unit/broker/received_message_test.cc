#include "broker/received_message.h"

#include <chrono>
#include <string>
#include <utility>

#include "support/catch.h"

namespace amqp_sidecar::broker {
namespace {

FieldValue Text(const std::string& text) { return FieldValue{text}; }
FieldValue Number(int64_t number) { return FieldValue{number}; }

// As a publisher sent it that knows nothing of the sidecar, and as it died once before.
amqp::IncomingDelivery Incoming() {
  amqp::IncomingDelivery delivery;
  delivery.tag = 1;
  delivery.exchange = "orders";
  delivery.routing_key = "order.created";
  delivery.body = "{}";
  Properties& properties = delivery.properties;
  properties.content_type = "application/json";
  properties.expiration = "60000";
  properties.user_id = "somebody";
  properties.headers["tenant"] = Text("blue");
  properties.headers["CC"] = FieldValue{FieldArray{Text("audit")}};
  properties.headers["x-death"] = FieldValue{FieldArray{FieldValue{FieldTable{}}}};
  properties.headers["x-first-death-queue"] = Text("before");
  return delivery;
}

// What the wait queue makes of it: it dies there and comes back.
amqp::IncomingDelivery Back(const Properties& sent, const std::string& queue) {
  amqp::IncomingDelivery delivery;
  delivery.exchange = "";
  delivery.routing_key = queue;
  delivery.body = "{}";
  delivery.properties = sent;
  delivery.properties.headers["x-death"] = Text("of the wait queue");
  delivery.properties.headers["x-first-death-queue"] = Text("amqp-sidecar.wait");
  delivery.properties.headers["x-last-death-queue"] = Text("amqp-sidecar.wait");
  return delivery;
}

TEST_CASE("a message comes back from its wait as it was first published, and counts on") {
  const Properties first = Incoming().properties;
  auto message = Receive(Incoming(), "billing");
  CHECK(message->attempt == 1);
  for (uint32_t attempt = 2; attempt <= 4; ++attempt) {
    message = Receive(Back(WaitProperties(*message, "billing"), "billing"), "billing");
    CHECK(message->attempt == attempt);
    CHECK(message->redelivered);
    CHECK(message->exchange == "orders");
    CHECK(message->routing_key == "order.created");
    CHECK(message->properties == first);
  }
}

TEST_CASE("nothing in what waits could route it elsewhere, expire it sooner or have it refused") {
  const Properties sent = WaitProperties(*Receive(Incoming(), "billing"), "billing");
  CHECK(sent.expiration.empty());
  CHECK(sent.user_id.empty());
  CHECK_FALSE(sent.message_id.empty());
  for (const char* name : {"CC", "x-death", "x-first-death-queue"}) {
    CHECK_FALSE(sent.headers.contains(name));
  }
  CHECK(sent.headers.contains("tenant"));
}

TEST_CASE("the broker's own counts of deliveries are added, the higher of the two") {
  auto message = Receive(Incoming(), "billing");
  message = Receive(Back(WaitProperties(*message, "billing"), "billing"), "billing");
  amqp::IncomingDelivery again = Back(WaitProperties(*message, "billing"), "billing");
  again.properties.headers["x-delivery-count"] = Number(2);
  again.properties.headers["x-acquired-count"] = Number(3);
  message = Receive(std::move(again), "billing");
  CHECK(message->attempt == 2 + 3 + 1);
  // They are not carried on: that would count them twice.
  const Properties sent = WaitProperties(*message, "billing");
  CHECK_FALSE(sent.headers.contains("x-delivery-count"));
  CHECK_FALSE(sent.headers.contains("x-acquired-count"));
  amqp::IncomingDelivery odd = Incoming();
  odd.properties.headers["x-delivery-count"] = Number(-1);
  odd.properties.headers["x-acquired-count"] = Text("many");
  CHECK(Receive(std::move(odd), "billing")->attempt == 1);
}

TEST_CASE("a message that waited for another queue begins anew here") {
  const Properties sent = WaitProperties(*Receive(Incoming(), "billing"), "billing");
  const auto message = Receive(Back(sent, "elsewhere"), "elsewhere");
  CHECK(message->attempt == 1);
  CHECK(message->routing_key == "elsewhere");
  CHECK(message->properties.headers.contains(std::string(kRetryHeader)));
}

TEST_CASE("a forged header of the sidecar's cannot make it fall over") {
  for (const FieldValue& forged :
       {Text("x"), FieldValue{FieldTable{{"queue", Number(1)}}},
        FieldValue{FieldTable{{"queue", Text("billing")}, {"attempts", Text("x")}}},
        FieldValue{FieldTable{{"queue", Text("billing")}, {"headers", Number(7)}}}}) {
    amqp::IncomingDelivery delivery = Incoming();
    delivery.properties.headers[std::string(kRetryHeader)] = forged;
    CHECK(Receive(std::move(delivery), "billing")->attempt == 1);
  }
}

TEST_CASE("a dead-lettered message says why, when, how often and from where") {
  const auto message = Receive(Incoming(), "billing");
  DeathNote note;
  note.by = FailedBy::kReject;
  note.attempts = 3;
  note.reason = "no such customer";
  note.time = base::WallTime(std::chrono::seconds(1'700'000'000));
  const Properties dead = DeadLetterProperties(*message, "billing", note);
  CHECK(dead.headers.at("x-sidecar-reason") == Text("no such customer"));
  CHECK(dead.headers.at("x-sidecar-dead-by") == Text("reject"));
  CHECK(dead.headers.at("x-sidecar-time") == FieldValue{Timestamp{1'700'000'000}});
  CHECK(dead.headers.at("x-sidecar-attempts") == Number(3));
  CHECK(dead.headers.at("x-sidecar-queue") == Text("billing"));
  CHECK(dead.headers.at("x-sidecar-exchange") == Text("orders"));
  CHECK(dead.headers.at("x-sidecar-routing-key") == Text("order.created"));
  CHECK(dead.headers.at("tenant") == Text("blue"));
  CHECK(dead.expiration.empty());
  CHECK(dead.user_id.empty());
  CHECK_FALSE(dead.headers.contains("CC"));
}

TEST_CASE("a delivery of a stream is known by its offset") {
  amqp::IncomingDelivery delivery = Incoming();
  CHECK_FALSE(IsOfStream(*Receive(Incoming(), "log")));
  delivery.properties.headers["x-stream-offset"] = Number(42);
  const auto message = Receive(std::move(delivery), "log");
  CHECK(IsOfStream(*message));
  CHECK(StreamOffset(*message) == 42);
}

}  // namespace
}  // namespace amqp_sidecar::broker
