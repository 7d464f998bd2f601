#include "json/topic_pattern.h"

#include <cstddef>

namespace amqp_sidecar::json {
namespace {

// The words of a text, one after another.
class Words {
 public:
  explicit Words(std::string_view text) : rest_(text), ended_(text.empty()) {}

  bool ended() const { return ended_; }
  std::string_view first() const { return rest_.substr(0, rest_.find('.')); }
  void Drop() {
    const size_t dot = rest_.find('.');
    ended_ = dot == std::string_view::npos;
    if (!ended_) rest_.remove_prefix(dot + 1);
  }

 private:
  std::string_view rest_;
  bool ended_;
};

}  // namespace

TopicPattern::TopicPattern(std::string_view pattern) {
  for (Words words(pattern); !words.ended(); words.Drop()) words_.emplace_back(words.first());
}

bool TopicPattern::Matches(std::string_view key) const {
  constexpr size_t kNone = static_cast<size_t>(-1);
  Words words(key);
  size_t at = 0;
  // The last # that was passed, and the words that it does not take yet: only the last need ever
  // take more.
  size_t hash = kNone;
  Words behind_hash = words;
  while (!words.ended()) {
    if (at < words_.size() && words_[at] == "#") {
      hash = at++;
      behind_hash = words;
    } else if (at < words_.size() && (words_[at] == "*" || words_[at] == words.first())) {
      ++at;
      words.Drop();
    } else if (hash != kNone) {
      behind_hash.Drop();
      words = behind_hash;
      at = hash + 1;
    } else {
      return false;
    }
  }
  while (at < words_.size() && words_[at] == "#") ++at;
  return at == words_.size();
}

}  // namespace amqp_sidecar::json
