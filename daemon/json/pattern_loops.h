// What in a regular expression repeats, as far as that says what matching may cost. Pure, any
// thread.
#pragma once

#include <string_view>

namespace amqp_sidecar::json {

struct PatternLoops {
  bool begins_anchored = false;  // with ^, and has no alternatives
  int counted = 0;               // {3}, {1,5}, {2,}
  int endless = 0;               // * and +
};

// `expression` is ECMA-262 that has been translated: it is well-formed.
PatternLoops FindLoops(std::string_view expression);

}  // namespace amqp_sidecar::json
