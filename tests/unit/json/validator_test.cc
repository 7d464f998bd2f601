#include "json/validator.h"

#include <utility>

#include "support/catch.h"

namespace amqp_sidecar::json {
namespace {

constexpr char kJson[] = "application/json";

std::vector<FieldPath> Fields(const std::string& path) { return {FieldPath::Parse(path).value()}; }

Rule ForExchange(std::string exchange) {
  Rule rule;
  rule.exchange = std::move(exchange);
  return rule;
}

Rule ForQueue(std::string queue) {
  Rule rule;
  rule.queue = std::move(queue);
  return rule;
}

Validator With(std::vector<Rule> rules, bool require_json = true) {
  Validator::Options options;
  options.require_json = require_json;
  options.rules = std::move(rules);
  return Validator(std::move(options));
}

bool Takes(const Validator& validator, std::string_view exchange, std::string_view key,
           std::string_view body, std::string_view type = kJson) {
  return validator.CheckPublish(exchange, key, type, body) == std::nullopt;
}

TEST_CASE("JSON types claim to be JSON, in any case and with parameters") {
  CHECK(ClaimsJson("application/json"));
  CHECK(ClaimsJson("Application/JSON; charset=utf-8"));
  CHECK(ClaimsJson("application/cloudevents+json ; x=y"));
  CHECK(ClaimsJson("application/problem+JSON"));
  CHECK_FALSE(ClaimsJson(""));
  CHECK_FALSE(ClaimsJson("text/json5"));
  CHECK_FALSE(ClaimsJson("application/octet-stream"));
  CHECK_FALSE(ClaimsJson("xapplication/json"));
  CHECK_FALSE(ClaimsJson("application/json5"));
}

TEST_CASE("an empty or malformed body that claims to be JSON is refused") {
  const Validator validator = With({});
  CHECK_THAT(validator.CheckPublish("e", "k", kJson, "").value(), ContainsSubstring("empty"));
  CHECK_THAT(validator.CheckPublish("e", "k", kJson, "{").value(),
             ContainsSubstring("not well-formed"));
  CHECK(Takes(validator, "e", "k", "{}"));
  CHECK(Takes(validator, "e", "k", "", "text/plain"));
  CHECK(validator.CheckDelivery("q", "", "{") == std::nullopt);
  const auto fault = validator.CheckDelivery("q", kJson, "{");
  REQUIRE(fault);
  CHECK(fault->action == OnInvalid::kDeliver);
}

TEST_CASE("with require_json off and no rule nothing is checked") {
  const Validator validator = With({}, false);
  CHECK(Takes(validator, "e", "k", "{"));
  CHECK(validator.CheckDelivery("q", kJson, "") == std::nullopt);
}

TEST_CASE("keys are unique where no rule matches, too, if so configured") {
  Validator::Options options;
  options.unique_keys = true;
  const Validator validator(options);
  CHECK_FALSE(Takes(validator, "e", "k", R"({"a":1,"a":2})"));
  CHECK(Takes(With({}), "e", "k", R"({"a":1,"a":2})"));
}

TEST_CASE("a rule for publishes matches by exchange and routing key, or by one of them") {
  Rule rule = ForExchange("orders");
  rule.routing_key = TopicPattern("order.#");
  rule.body.require_fields = Fields("id");
  const Validator both = With({rule});
  CHECK_FALSE(Takes(both, "orders", "order.created", "{}"));
  CHECK(Takes(both, "orders", "invoice", "{}"));
  CHECK(Takes(both, "other", "order.created", "{}"));
  rule.routing_key.reset();
  CHECK_FALSE(Takes(With({rule}), "orders", "anything", "{}"));
  rule.exchange.reset();
  rule.routing_key = TopicPattern("order.*");
  CHECK_FALSE(Takes(With({rule}), "any", "order.x", "{}"));
  CHECK(Takes(With({rule}), "any", "order.x.y", "{}"));
}

TEST_CASE("an empty exchange in a rule is the default exchange") {
  Rule rule = ForExchange("");
  rule.body.require_fields = Fields("id");
  const Validator validator = With({rule});
  CHECK_FALSE(Takes(validator, "", "queue", "{}"));
  CHECK(Takes(validator, "orders", "queue", "{}"));
}

TEST_CASE("the first rule that matches decides") {
  Rule first = ForExchange("orders");
  first.routing_key = TopicPattern("order.test.#");
  first.off = true;
  Rule second = ForExchange("orders");
  second.body.require_fields = Fields("id");
  const Validator validator = With({first, second});
  CHECK(Takes(validator, "orders", "order.test.a", "{"));
  CHECK_FALSE(Takes(validator, "orders", "order.live", "{}"));
  const Validator other = With({second, first});
  CHECK_FALSE(Takes(other, "orders", "order.test.a", "{}"));
}

TEST_CASE("rules for deliveries do not see publishes, nor the other way round") {
  Rule publish = ForExchange("billing");
  publish.body.require_fields = Fields("id");
  Rule delivery = ForQueue("billing");
  delivery.body.require_fields = Fields("key");
  const Validator validator = With({publish, delivery});
  CHECK(Takes(validator, "billing", "", R"({"id":1})"));
  CHECK(validator.CheckDelivery("billing", kJson, R"({"key":1})") == std::nullopt);
  CHECK(validator.CheckDelivery("billing", kJson, R"({"id":1})").has_value());
  CHECK(validator.CheckDelivery("billing.eu", kJson, R"({"id":1})") == std::nullopt);
}

TEST_CASE("a rule with fields or a schema is for every body, whatever it claims to be") {
  Rule with_fields = ForQueue("q");
  with_fields.body.require_non_zero = Fields("id");
  for (const char* type : {"", "text/plain", kJson}) {
    INFO(type);
    const Validator validator = With({with_fields}, false);
    CHECK(validator.CheckDelivery("q", type, "").has_value());
    CHECK(validator.CheckDelivery("q", type, "text").has_value());
    CHECK(validator.CheckDelivery("q", type, R"({"id":0})").has_value());
    CHECK(validator.CheckDelivery("q", type, R"({"id":1})") == std::nullopt);
  }
  Rule with_schema = ForQueue("q");
  SchemaFolder folder("/nowhere");
  with_schema.body.schema = folder.Compile("any", "true", {}).value();
  CHECK(With({with_schema}).CheckDelivery("q", "text/plain", "text").has_value());
}

TEST_CASE("a rule without fields and schema is for what claims to be JSON, whatever require_json") {
  Rule rule = ForQueue("q");
  rule.body.unique_keys = true;
  const Validator validator = With({rule}, false);
  CHECK(validator.CheckDelivery("q", kJson, R"({"a":1,"a":1})").has_value());
  CHECK(validator.CheckDelivery("q", kJson, "").has_value());
  CHECK(validator.CheckDelivery("q", "", R"({"a":1,"a":1})") == std::nullopt);
  CHECK(validator.CheckDelivery("q", "text/plain", "") == std::nullopt);
}

TEST_CASE("a rule with JSON off looks at nothing") {
  Rule rule = ForExchange("blobs");
  rule.off = true;
  CHECK(Takes(With({rule}), "blobs", "k", "\xff{"));
  CHECK(Takes(With({rule}), "blobs", "k", ""));
}

TEST_CASE("the rule says what becomes of a delivery that is at fault") {
  for (const OnInvalid action : {OnInvalid::kDeliver, OnInvalid::kDeadLetter, OnInvalid::kReject}) {
    Rule rule = ForQueue("q");
    rule.on_invalid = action;
    const auto fault = With({rule}).CheckDelivery("q", kJson, "{");
    REQUIRE(fault);
    CHECK(fault->action == action);
    CHECK_THAT(fault->reason, ContainsSubstring("not well-formed"));
  }
}

}  // namespace
}  // namespace amqp_sidecar::json
