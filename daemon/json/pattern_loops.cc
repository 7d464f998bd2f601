#include "json/pattern_loops.h"

#include <algorithm>
#include <cstddef>

namespace amqp_sidecar::json {
namespace {

// Behind what begins at `at`, a backslash: \d, \p{Lu}, \u{1F600}.
size_t BehindEscape(std::string_view expression, size_t at) {
  at = std::min(at + 2, expression.size());
  const char kind = expression[at - 1];
  const bool takes_braces = kind == 'p' || kind == 'P' || kind == 'u';
  if (!takes_braces || at == expression.size() || expression[at] != '{') return at;
  return std::min(expression.find('}', at), expression.size());
}

// Behind what begins at `at`, an opening square bracket.
size_t BehindClass(std::string_view expression, size_t at) {
  for (++at; at < expression.size() && expression[at] != ']';) {
    at = expression[at] == '\\' ? BehindEscape(expression, at) : at + 1;
  }
  return at + 1;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

PatternLoops FindLoops(std::string_view expression) {
  PatternLoops loops;
  loops.begins_anchored = expression.starts_with('^');
  for (size_t at = 0; at < expression.size();) {
    const char c = expression[at];
    if (c == '\\') {
      at = BehindEscape(expression, at);
      continue;
    }
    if (c == '[') {
      at = BehindClass(expression, at);
      continue;
    }
    ++at;
    if (c == '|') loops.begins_anchored = false;
    if (c == '*' || c == '+') ++loops.endless;
    if (c == '{' && at < expression.size() && IsDigit(expression[at])) ++loops.counted;
  }
  return loops;
}

}  // namespace amqp_sidecar::json
