// Validator: is this body what it must be, by the first rule that is for its message? Pure:
// constant after construction, any thread. Knows neither AMQP nor gRPC.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/rule.h"

namespace amqp_sidecar::json {

class Validator {
 public:
  struct Options {
    // Where no rule matches: a body that claims to be JSON must be non-empty and well-formed,
    bool require_json = true;
    // and no object may have two members of the same name.
    bool unique_keys = false;
    std::vector<Rule> rules;
  };

  // A delivery's body is at fault.
  struct Fault {
    std::string reason;
    OnInvalid action = OnInvalid::kDeliver;
  };

  explicit Validator(Options options);

  // Each returns what is wrong, for a person, or nothing. A rule with a schema or fields is for
  // every body, others are for those that claim to be JSON. Of a body nothing is quoted but names
  // of members, and up to 64 characters of a value.
  std::optional<std::string> CheckPublish(std::string_view exchange, std::string_view routing_key,
                                          std::string_view content_type,
                                          std::string_view body) const;
  std::optional<Fault> CheckDelivery(std::string_view queue, std::string_view content_type,
                                     std::string_view body) const;

 private:
  std::optional<std::string> Check(const Rule* rule, std::string_view content_type,
                                   std::string_view body) const;

  const bool require_json_;
  const BodyCheck default_;
  // In the order in which they are asked.
  std::vector<Rule> for_publishes_;
  std::vector<Rule> for_deliveries_;
};

// application/json and every +json type, with or without parameters, in any case.
bool ClaimsJson(std::string_view content_type);

}  // namespace amqp_sidecar::json
