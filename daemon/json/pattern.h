// Pattern: a regular expression as JSON Schema has it (ECMA-262, Unicode mode), by RE2, which takes
// time linear in the text. Immutable; any thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace re2 {
class RE2;
}

namespace amqp_sidecar::json {

class Pattern {
 public:
  // Errors: INVALID_ARGUMENT, for use behind the pattern's place: what RE2 has not (look-around,
  // back-references), what is no ECMA-262, what would take too much memory.
  static absl::StatusOr<Pattern> Compile(std::string_view expression);

  // Found anywhere in the text: the expression anchors itself where it wants to.
  bool Matches(std::string_view text) const;

  // Matches() is done within this many steps for each byte of the text, of a nanosecond or two: 1,
  // or many where a text can be made for it that has RE2 remember too much.
  size_t steps_per_byte() const;

  // As it was written.
  const std::string& expression() const { return expression_; }

 private:
  Pattern(std::string expression, std::shared_ptr<const re2::RE2> compiled);

  std::string expression_;
  std::shared_ptr<const re2::RE2> compiled_;
};

}  // namespace amqp_sidecar::json
