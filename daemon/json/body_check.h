// BodyCheck: what one rule asks of a body. Immutable, any thread. Knows neither messages nor which
// of them the rule is for.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/field_path.h"
#include "json/schema.h"

namespace amqp_sidecar::json {

// Faults that are told of one body at most, and their bytes together.
inline constexpr size_t kMostFaults = 10;
inline constexpr size_t kMostReasonBytes = 1000;

struct BodyCheck {
  std::vector<FieldPath> require_fields;
  // Likewise required, and none may be 0, "", null, [] or {}.
  std::vector<FieldPath> require_non_zero;
  std::optional<Schema> schema;
  bool unique_keys = false;
  // Tells all that is wrong, and not the first fault alone.
  bool all_errors = false;

  // It says what must be in the body: not only that it is JSON.
  bool HasContents() const {
    return schema.has_value() || !require_fields.empty() || !require_non_zero.empty();
  }

  // What is wrong with the body, for a person, each with a JSON Pointer where there is one; or
  // nothing. Allocates nothing in the steady state, where the body is valid.
  std::optional<std::string> Check(std::string_view body) const;

 private:
  std::optional<std::string> CheckIn(Document& document, std::string_view body) const;
};

}  // namespace amqp_sidecar::json
