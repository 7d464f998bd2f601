// What the tests of the rules for bodies share: rules in the configuration, and orders that keep to
// them or not.
#pragma once

#include <string>
#include <vector>

#include "integration/world.h"
#include "support/temp_dir.h"

namespace amqp_sidecar::test {

// The key validation of a configuration, with these lines of rules, such as "{queue: q}".
inline std::string Rules(const std::vector<std::string>& rules) {
  std::string yaml = "validation:\n  schema_dir: " SIDECAR_DOCS "\n  rules:\n";
  for (const std::string& rule : rules) yaml += "    - " + rule + "\n";
  return yaml;
}

inline SidecarOptions WithRules(const std::vector<std::string>& rules) {
  SidecarOptions options;
  options.more = Rules(rules);
  return options;
}

// What is asked of an order: its fields, and the schema of the documents.
inline const std::string kOrderRule =
    "require_fields: [order_id, customer.id], require_non_zero: [order_id], "
    "schema_file: schemas/order.json";

inline std::string Order() { return ReadFile(SIDECAR_DOCS "/schemas/order-example.json"); }

// The order with the first `what` replaced.
inline std::string OrderWith(const std::string& what, const std::string& by) {
  std::string order = Order();
  return order.replace(order.find(what), what.size(), by);
}

// A body that breaks the rule, and what is said of it.
struct BadOrder {
  const char* what;
  std::string body;
  std::string reason;
};

// The mistakes that no library reports.
inline std::vector<BadOrder> BadOrders() {
  return {
      {"nothing was serialized", "", "the body is empty"},
      {"no field was serialized", "{}", "/order_id: required, missing"},
      {"null", "null", "/order_id: required, missing"},
      {"not JSON", "order_id=4711", "the body is not well-formed JSON: "},
      {"a key field is missing", OrderWith("\"order_id\": 4711,", ""),
       "/order_id: required, missing"},
      {"a key field is null", OrderWith("4711", "null"), "/order_id: null, which counts as"},
      {"a key field is zero", OrderWith("4711", "0"), "/order_id: 0, which counts as not set"},
      {"a field inside is missing", OrderWith("\"id\": \"c-20391\", ", ""),
       "/customer/id: required, missing"},
      {"a field is there under a misspelt name", OrderWith("\"note\"", "\"notee\""), "/notee: "},
      {"a field has another type", OrderWith("\"quantity\": 2", "\"quantity\": \"2\""),
       "/items/0/quantity: "},
      {"a field is not of its pattern", OrderWith("XYZ-77", "xyz-77"), "/items/1/sku: "},
  };
}

}  // namespace amqp_sidecar::test
