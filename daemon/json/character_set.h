// Sets of characters that ECMA-262 has names for, as they stand between the brackets of RE2's
// character classes. Pure, any thread.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace amqp_sidecar::json {

// One character. RE2 takes it in a class and outside of one.
std::string CharacterForRe2(char32_t character);
// All from one to the other.
std::string RangeForRe2(char32_t first, char32_t last);

// \d, \w and \s: by their letter; a capital for what is not in the set.
std::string NamedSetForRe2(char32_t letter);

// \p{property}: a general category (L, Letter, General_Category=Letter, gc=L) or a script
// (Script=Greek, sc=Grek). Negated it is \P{property}. What Unicode has assigned to nothing is in
// no category here, for RE2 has none for it. INVALID_ARGUMENT: what is neither.
absl::StatusOr<std::string> PropertyForRe2(std::string_view property, bool negated);

}  // namespace amqp_sidecar::json
