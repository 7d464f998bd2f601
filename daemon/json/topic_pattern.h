// TopicPattern: a routing key pattern, as a topic exchange has it: words between dots, of which *
// is one and # is none or more. Immutable, any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace amqp_sidecar::json {

class TopicPattern {
 public:
  // Every text is a pattern. An empty one has no words, as an empty key has none.
  explicit TopicPattern(std::string_view pattern);

  // Takes time in the product of their words at most, and no memory.
  bool Matches(std::string_view key) const;

 private:
  std::vector<std::string> words_;
};

}  // namespace amqp_sidecar::json
