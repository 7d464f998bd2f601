#include "rpc/delivery_printer.h"

#include <string>

#include "support/catch.h"

namespace amqp_sidecar::rpc {
namespace {

v1::Delivery Order() {
  v1::Delivery delivery;
  delivery.set_delivery_id("id1");
  delivery.set_exchange("orders");
  delivery.set_routing_key("order.created");
  delivery.set_body("{\"order_id\":1}");
  delivery.set_attempt(1);
  delivery.mutable_properties()->set_content_type("application/json");
  return delivery;
}

TEST_CASE("a delivery is shown as a header line and its body") {
  CHECK(DeliveryText(Order()) ==
        "delivery_id=id1 exchange=orders routing_key=order.created content_type=application/json "
        "attempt=1 redelivered=false bytes=14\n{\"order_id\":1}\n");
}

TEST_CASE("a message cannot play with the terminal") {
  v1::Delivery delivery = Order();
  delivery.set_routing_key("a \"b\" \x1B[2J");
  delivery.set_body("one\ntwo\x1B]0;title\x07");
  const std::string text = DeliveryText(delivery);
  CHECK(text.find('\x1B') == std::string::npos);
  CHECK_THAT(text, ContainsSubstring("routing_key=\"a \\\"b\\\" \\x1b[2J\""));
  CHECK_THAT(text, ContainsSubstring("\none\ntwo\\x1b]0;title\\x07\n"));
}

TEST_CASE("a body that is not text is left out of the text and said so") {
  v1::Delivery delivery = Order();
  delivery.set_body("\xFF\x01");
  CHECK_THAT(DeliveryText(delivery), ContainsSubstring("not UTF-8"));
}

TEST_CASE("a delivery is one JSON object on one line") {
  v1::Delivery delivery = Order();
  delivery.set_body("{\"a\":\n\"\xC3\xA9\"}");
  const std::string json = DeliveryJson(delivery);
  CHECK(json.find('\n') == json.size() - 1);
  CHECK_THAT(json, ContainsSubstring("\"delivery_id\":\"id1\""));
  CHECK_THAT(json, ContainsSubstring("\"content_type\":\"application/json\""));
  CHECK_THAT(json, ContainsSubstring(R"("body":"{\"a\":\n\")"));
}

TEST_CASE("a body that is not UTF-8 is base64 in JSON") {
  v1::Delivery delivery = Order();
  delivery.set_body("\xFF\x01");
  CHECK_THAT(DeliveryJson(delivery), ContainsSubstring("\"body_base64\":\"/wE=\"}"));
  CHECK(DeliveryJson(v1::Delivery()) == "{\"body\":\"\"}\n");
}

TEST_CASE("a time that JSON cannot carry costs the time and not the line") {
  v1::Delivery delivery = Order();
  delivery.mutable_properties()->mutable_timestamp()->set_seconds(1'700'000'000'000);
  auto& list = *(*delivery.mutable_properties()->mutable_headers())["at"].mutable_array_value();
  list.add_values()->mutable_timestamp_value()->set_seconds(1'700'000'000'001);
  const std::string json = DeliveryJson(delivery);
  CHECK_THAT(json, ContainsSubstring("\"delivery_id\":\"id1\""));
  CHECK_THAT(json, ContainsSubstring("\"int_value\":\"1700000000001\""));
  CHECK_THAT(json, ContainsSubstring("\"body\":"));
}

}  // namespace
}  // namespace amqp_sidecar::rpc
