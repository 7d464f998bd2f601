// PatternEscape: what a backslash in a regular expression (ECMA-262 §22.2, Unicode mode) begins,
// but for \b and \B outside of a class. Pure.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "json/pattern_text.h"

namespace amqp_sidecar::json {

// A character, or a set of them.
struct PatternEscape {
  bool is_set = false;
  char32_t character = 0;
  // What stands for the set between the brackets of RE2's character class.
  std::string set = {};
};

// `text` stands behind the backslash, and is left behind what belongs to it. INVALID_ARGUMENT: what
// ECMA-262 has not, and back-references. Punctuation may be escaped that need not be.
absl::StatusOr<PatternEscape> ReadEscape(PatternText& text, bool in_class);

}  // namespace amqp_sidecar::json
