#include "rpc/redrive_target.h"

#include "support/catch.h"

namespace amqp_sidecar::rpc {
namespace {

RedriveRule From(const std::string& queue) {
  RedriveRule rule;
  rule.from = queue;
  return rule;
}

v1::Delivery Dead() {
  v1::Delivery delivery;
  delivery.set_exchange("dlx");
  delivery.set_routing_key("dead-key");
  delivery.set_body("{}");
  return delivery;
}

void SetText(v1::Delivery& delivery, const std::string& name, const std::string& value) {
  (*delivery.mutable_properties()->mutable_headers())[name].set_string_value(value);
}

// Behind the entries that are there already: as one that is older.
v1::FieldTable& AddDeath(v1::Delivery& delivery, const std::string& queue,
                         const std::string& routing_key) {
  v1::FieldTable& death = *(*delivery.mutable_properties()->mutable_headers())["x-death"]
                               .mutable_array_value()
                               ->add_values()
                               ->mutable_table_value();
  (*death.mutable_fields())["queue"].set_string_value(queue);
  (*death.mutable_fields())["routing-keys"].mutable_array_value()->add_values()->set_string_value(
      routing_key);
  return death;
}

std::string Place(const std::optional<RedriveTarget>& target) {
  return target ? target->exchange + "|" + target->routing_key : "nowhere";
}

TEST_CASE("a message goes to the queue that the sidecar dead-lettered it from") {
  v1::Delivery delivery = Dead();
  SetText(delivery, "x-sidecar-queue", "orders");
  AddDeath(delivery, "elsewhere", "k");
  CHECK(Place(TargetOf(From("orders.dead"), delivery)) == "|orders");
}

TEST_CASE("a message that the broker dead-lettered goes to the newest queue of x-death") {
  v1::Delivery delivery = Dead();
  AddDeath(delivery, "newest", "k");
  AddDeath(delivery, "older", "k");
  CHECK(Place(TargetOf(From("orders.dead"), delivery)) == "|newest");
}

TEST_CASE("queues in which a sidecar had a message wait are no place to put it") {
  v1::Delivery delivery = Dead();
  AddDeath(delivery, "amqp-sidecar.wait.1000ms.orders", "k");
  AddDeath(delivery, "orders", "k");
  CHECK(Place(TargetOf(From("orders.dead"), delivery)) == "|orders");
}

TEST_CASE("a message is never put back into the queue that it is taken from") {
  v1::Delivery delivery = Dead();
  SetText(delivery, "x-sidecar-queue", "orders.dead");
  AddDeath(delivery, "orders.dead", "k");
  CHECK(Place(TargetOf(From("orders.dead"), delivery)) == "nowhere");
  AddDeath(delivery, "orders", "k");
  CHECK(Place(TargetOf(From("orders.dead"), delivery)) == "|orders");
}

TEST_CASE("a message that does not say where it came from goes nowhere") {
  CHECK(Place(TargetOf(From("orders.dead"), Dead())) == "nowhere");
  v1::Delivery odd = Dead();
  (*odd.mutable_properties()->mutable_headers())["x-sidecar-queue"].set_int_value(1);
  (*odd.mutable_properties()->mutable_headers())["x-death"].set_string_value("orders");
  CHECK(Place(TargetOf(From("orders.dead"), odd)) == "nowhere");
}

TEST_CASE("a queue that is named by the user takes all") {
  v1::Delivery delivery = Dead();
  SetText(delivery, "x-sidecar-queue", "orders");
  RedriveRule rule = From("orders.dead");
  rule.to_queue = "repair";
  CHECK(Place(TargetOf(rule, delivery)) == "|repair");
  CHECK(Place(TargetOf(rule, Dead())) == "|repair");
}

TEST_CASE("an exchange that is named by the user gets the key that the user names") {
  v1::Delivery delivery = Dead();
  SetText(delivery, "x-sidecar-routing-key", "own");
  RedriveRule rule = From("orders.dead");
  rule.to_exchange = "orders";
  rule.routing_key = "again";
  CHECK(Place(TargetOf(rule, delivery)) == "orders|again");
  rule.routing_key = "";
  CHECK(Place(TargetOf(rule, delivery)) == "orders|");
}

TEST_CASE("without a key of the user's a message keeps its own, the oldest that is known") {
  RedriveRule rule = From("orders.dead");
  rule.to_exchange = "orders";
  v1::Delivery delivery = Dead();
  CHECK(Place(TargetOf(rule, delivery)) == "orders|dead-key");
  AddDeath(delivery, "amqp-sidecar.wait.1000ms.orders", "waiting");
  AddDeath(delivery, "orders", "order.created");
  CHECK(Place(TargetOf(rule, delivery)) == "orders|order.created");
  v1::FieldValue& retry = (*delivery.mutable_properties()->mutable_headers())["x-sidecar-retry"];
  (*retry.mutable_table_value()->mutable_fields())["routing-key"].set_string_value("waited");
  CHECK(Place(TargetOf(rule, delivery)) == "orders|waited");
  SetText(delivery, "x-sidecar-routing-key", "first");
  CHECK(Place(TargetOf(rule, delivery)) == "orders|first");
  SetText(delivery, "x-sidecar-routing-key", "");
  CHECK(Place(TargetOf(rule, delivery)) == "orders|");
}

TEST_CASE("a message is moved without user_id and reserved headers, and with all else") {
  v1::Delivery delivery = Dead();
  delivery.set_body(std::string("\0\xFF{", 3));
  v1::Properties& properties = *delivery.mutable_properties();
  properties.set_message_id("id-1");
  properties.set_user_id("guest");
  properties.set_type("order");
  properties.set_priority(3);
  for (const char* name :
       {"x-sidecar-queue", "x-sidecar-anything", "x-death", "x-first-death-queue",
        "x-last-death-reason", "x-delivery-count", "x-acquired-count", "CC", "BCC",
        "x-stream-offset", "x-kept", "cc", "x-sidecar"}) {
    SetText(delivery, name, "value");
  }
  const v1::Message message = MessageFor({"exchange", "key"}, delivery);
  CHECK(message.exchange() == "exchange");
  CHECK(message.routing_key() == "key");
  CHECK(message.body() == std::string("\0\xFF{", 3));
  CHECK(message.properties().message_id() == "id-1");
  CHECK(message.properties().type() == "order");
  CHECK(message.properties().priority() == 3);
  CHECK(message.properties().user_id().empty());
  const auto& headers = message.properties().headers();
  CHECK(headers.size() == 3);
  CHECK(headers.contains("x-kept"));
  CHECK(headers.contains("cc"));
  CHECK(headers.contains("x-sidecar"));
}

TEST_CASE("a text that was not UTF-8 is seen, in properties, names and the key") {
  const std::string lost = "caf\xEF\xBF\xBD";
  v1::Delivery delivery = Dead();
  SetText(delivery, "name", lost);  // a publisher's own: one that is not UTF-8 comes as bytes
  v1::Message message = MessageFor({"", "orders"}, delivery);
  CHECK_FALSE(LostText(message));

  v1::Message property = message;
  property.mutable_properties()->set_correlation_id(lost);
  CHECK(LostText(property));
  v1::Message name = message;
  (*name.mutable_properties()->mutable_headers())[lost].set_int_value(1);
  CHECK(LostText(name));
  v1::Message deep = message;
  (*(*deep.mutable_properties()->mutable_headers())["a"]
        .mutable_array_value()
        ->add_values()
        ->mutable_table_value()
        ->mutable_fields())[lost]
      .set_int_value(1);
  CHECK(LostText(deep));

  RedriveRule rule = From("orders.dead");
  rule.to_exchange = "orders";
  v1::Delivery odd_key = Dead();
  v1::FieldTable& death = AddDeath(odd_key, "orders", "");
  (*death.mutable_fields())["routing-keys"]
      .mutable_array_value()
      ->mutable_values(0)
      ->set_bytes_value("caf\xE9");
  const std::optional<RedriveTarget> target = TargetOf(rule, odd_key);
  REQUIRE(target);
  CHECK(LostText(MessageFor(*target, odd_key)));
}

}  // namespace
}  // namespace amqp_sidecar::rpc
