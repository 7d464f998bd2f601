// The rules for bodies on publish: what breaks them is refused before anything is sent, and what
// keeps to them goes out byte for byte.
#include "integration/stream_items.h"
#include "integration/validating.h"

namespace amqp_sidecar::test {
namespace {

using grpc::StatusCode;

// A queue, and a topic exchange to it whose rule is that of orders.
struct Orders {
  explicit Orders(const std::string& more_of_rule = "")
      : names(RabbitmqNode::Shared()),
        queue(names.Queue()),
        exchange(names.ExchangeTo(queue, "#")),
        world(WithRules({"{exchange: " + exchange + ", routing_key: \"order.#\", " + kOrderRule +
                         more_of_rule + "}"})) {}

  Outcome Publish(const std::string& body, const std::string& key = "order.created",
                  const std::string& type = "") {
    pb::PublishRequest request = JsonMessage(exchange, key, body);
    request.mutable_message()->mutable_properties()->set_content_type(type);
    return world.client.Publish(request);
  }

  Names names;
  const std::string queue;
  const std::string exchange;
  World world;
};

TEST_CASE("An order that breaks its rule is refused, by a call and on a stream, and goes nowhere") {
  Orders orders;
  PublishStream stream(orders.world.client);
  Items items;
  const std::vector<BadOrder> bad = BadOrders();
  for (size_t i = 0; i < bad.size(); ++i) {
    INFO(bad[i].what);
    const Outcome outcome = orders.Publish(bad[i].body);
    CheckFailure(outcome, StatusCode::INVALID_ARGUMENT, "INVALID_BODY", "NO");
    CHECK_THAT(outcome.text, ContainsSubstring(bad[i].reason));
    items.push_back(Item(i, JsonMessage(orders.exchange, "order.created", bad[i].body)));
  }
  items.push_back(Item(bad.size(), JsonMessage(orders.exchange, "order.created", Order())));
  REQUIRE(stream.Send(items));
  REQUIRE(stream.WaitForResults(items.size()));
  for (size_t i = 0; i < bad.size(); ++i) {
    INFO(bad[i].what);
    CheckResult(stream.At(i), StatusCode::INVALID_ARGUMENT, "INVALID_BODY", "NO");
    CHECK_THAT(stream.At(i).text, ContainsSubstring(bad[i].reason));
  }
  CheckOk(stream.At(bad.size()));
  // The good one was confirmed behind the others: they would be here.
  CHECK(orders.world.direct.Ready(orders.queue) == 1);
  CHECK(orders.world.direct.Get(orders.queue)->body == Order());
}

TEST_CASE("A rule with a schema is for every content type, and for its own keys alone") {
  Orders orders;
  CHECK(orders.Publish("{}", "order.created", "text/plain").reason == "INVALID_BODY");
  CHECK(orders.Publish("{}", "order").reason == "INVALID_BODY");
  CHECK(orders.Publish("{}", "order.a.b.c").reason == "INVALID_BODY");
  CHECK(orders.Publish(Order(), "order.created", "text/plain").ok());
  CHECK(orders.Publish("{}", "orders.created").ok());
  CHECK(orders.Publish("", "invoice", "text/plain").ok());
  CHECK(orders.Publish("", "invoice").reason == "INVALID_BODY");
}

TEST_CASE("The first rule that matches decides, and one with JSON off looks at nothing") {
  Names names(RabbitmqNode::Shared());
  const std::string queue = names.Queue();
  const std::string blobs = names.ExchangeTo(queue, "#");
  const std::string other = names.ExchangeTo(queue, "#");
  World world(WithRules({"{exchange: " + blobs + ", json: off}",
                         "{routing_key: \"*.audit\", require_fields: [who]}",
                         "{exchange: \"\", routing_key: " + queue + ", require_fields: [what]}"}));
  CHECK(world.client.Publish(JsonMessage(blobs, "a.audit", "\xff{")).ok());
  CHECK(world.client.Publish(JsonMessage(blobs, "a.audit", "")).ok());
  CHECK(world.client.Publish(JsonMessage(other, "a.audit", "{}")).text ==
        "/who: required, missing");
  CHECK(world.client.Publish(JsonMessage(other, "a.b", "{}")).ok());
  CHECK(world.client.Publish(JsonMessage("", queue, "{}")).text == "/what: required, missing");
  CHECK(world.client.Publish(JsonMessage("", queue, "{\"what\":false}")).ok());
}

TEST_CASE("All that is wrong with a body is told where a rule says so") {
  Orders orders(", all_errors: true");
  const Outcome outcome = orders.Publish("{\"order_id\": 0, \"total\": \"x\"}");
  CHECK(outcome.reason == "INVALID_BODY");
  CHECK_THAT(outcome.text, ContainsSubstring("/customer/id: required, missing; "));
  CHECK_THAT(outcome.text, ContainsSubstring("/order_id: 0, which counts as not set; "));
  CHECK_THAT(outcome.text, ContainsSubstring("/total: "));
}

TEST_CASE("Two members of the same name are refused where a rule asks for it") {
  Names names(RabbitmqNode::Shared());
  const std::string queue = names.Queue();
  World world(WithRules({"{routing_key: " + queue + ", unique_keys: true}"}));
  CHECK(world.client.Publish(JsonMessage("", queue, "{\"a\":1,\"b\":{\"c\":1,\"c\":2}}")).reason ==
        "INVALID_BODY");
  CHECK(world.client.Publish(JsonMessage("", queue, "{\"a\":1,\"b\":{\"c\":1}}")).ok());
}

TEST_CASE("What is valid comes out byte for byte as it went in") {
  Names names(RabbitmqNode::Shared());
  const std::string queue = names.Queue();
  World world(
      WithRules({"{routing_key: " + queue + ", require_non_zero: [a]}",
                 "{queue: " + queue + ", require_non_zero: [a], on_invalid: dead_letter}"}));
  const std::vector<std::string> bodies = {
      " \r\n\t{ \"z\" : 1 ,\n\"a\":2 }  \n",
      R"({"z":1,"a":1,"m":{"b":1,"a":2}})",
      R"({"a":0,"a":1,"a":2})",
      R"({"a":123456789012345678901234567890.0000000000000000000000000000001e-5})",
      R"({"a":1e400,"b":-0,"c":1.0,"d":1E+2})",
      R"({"a":"\u00e4\ud83d\ude00\/\b","b":"ä😀/"})",
      R"({"a":[[[[]]],{}],"":""})",
  };
  Subscription subscription(world.client, queue);
  for (const std::string& body : bodies) {
    INFO(body);
    const Outcome outcome = world.client.Publish(JsonMessage("", queue, body));
    INFO(outcome);
    CHECK(outcome.ok());
  }
  REQUIRE(subscription.WaitForDeliveries(bodies.size()));
  const std::vector<pb::Delivery> deliveries = subscription.deliveries();
  for (size_t i = 0; i < bodies.size(); ++i) {
    CHECK(deliveries[i].body() == bodies[i]);
    CHECK(deliveries[i].invalid_reason().empty());
  }
}

}  // namespace
}  // namespace amqp_sidecar::test
