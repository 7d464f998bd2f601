#include "json/json_pointer.h"

#include <algorithm>
#include <charconv>

#include "json/excerpt.h"

namespace amqp_sidecar::json {
namespace {

std::optional<std::string> Unescape(std::string_view word) {
  std::string name;
  for (size_t i = 0; i < word.size(); ++i) {
    if (word[i] != '~') {
      name += word[i];
      continue;
    }
    const char next = ++i < word.size() ? word[i] : '\0';
    if (next != '0' && next != '1') return std::nullopt;
    name += next == '0' ? '~' : '/';
  }
  return name;
}

}  // namespace

std::string EscapePointer(std::string_view name) {
  std::string out;
  for (const char c : Excerpt(name)) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

std::optional<std::vector<std::string>> SplitPointer(std::string_view pointer) {
  std::vector<std::string> words;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const size_t end = std::min(pointer.find('/'), pointer.size());
    auto word = Unescape(pointer.substr(0, end));
    if (!word) return std::nullopt;
    words.push_back(*std::move(word));
    pointer.remove_prefix(end);
  }
  return words;
}

std::optional<uint32_t> IndexFrom(std::string_view word) {
  if (word.size() > 1 && word.front() == '0') return std::nullopt;
  uint32_t index = 0;
  const char* const end = word.data() + word.size();
  const auto [rest, error] = std::from_chars(word.data(), end, index);
  if (error != std::errc() || rest != end) return std::nullopt;
  return index;
}

}  // namespace amqp_sidecar::json
