// Validator: is this body what it claims to be? Pure: constant after construction, any thread.
// Knows neither AMQP nor gRPC.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace amqp_sidecar::json {

class Validator {
 public:
  struct Options {
    // A body that claims to be JSON must be non-empty and well-formed.
    bool require_json = true;
  };

  explicit Validator(Options options) : options_(options) {}

  // Each returns what is wrong, for a person, or nothing. Never quotes more than a few bytes of the
  // body.
  std::optional<std::string> CheckPublish(std::string_view content_type,
                                          std::string_view body) const;
  std::optional<std::string> CheckDelivery(std::string_view content_type,
                                           std::string_view body) const;

 private:
  const Options options_;
};

// application/json and every +json type, with or without parameters, in any case.
bool ClaimsJson(std::string_view content_type);

}  // namespace amqp_sidecar::json
