// A regular expression of ECMA-262 (Unicode mode, no flags) in the syntax of RE2. Pure.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace amqp_sidecar::json {

// It matches the same texts; groups capture nothing. What only the older mode takes is taken where
// it has but one meaning: { } and ] that stand for themselves, escaped punctuation, [\w-.].
//
// INVALID_ARGUMENT: what RE2 has not, what ECMA-262 has not. What is taken here RE2 may still
// refuse, for its size or for the name of a script.
absl::StatusOr<std::string> EcmaToRe2(std::string_view expression);

}  // namespace amqp_sidecar::json
