#include "json/field_path.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace amqp_sidecar::json {
namespace {

absl::Status Wrong(const char* what) { return absl::InvalidArgumentError(what); }

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// Undoes EscapePointer(); false where it is no name of a JSON Pointer.
bool Unescape(std::string& name) {
  std::string plain;
  for (size_t i = 0; i < name.size(); ++i) {
    if (name[i] != '~') {
      plain += name[i];
      continue;
    }
    const char next = ++i < name.size() ? name[i] : '\0';
    if (next != '0' && next != '1') return false;
    plain += next == '0' ? '~' : '/';
  }
  name = std::move(plain);
  return true;
}

// As RFC 6901 §4 has it: without leading zeros.
std::optional<uint32_t> IndexOf(const std::string& name) {
  if (name.size() > 1 && name.front() == '0') return std::nullopt;
  uint32_t index = 0;
  const char* const end = name.data() + name.size();
  const auto [rest, error] = std::from_chars(name.data(), end, index);
  if (error != std::errc() || rest != end) return std::nullopt;
  return index;
}

std::optional<uint32_t> ElementAt(const Document& document, uint32_t array, uint32_t index) {
  if (index >= document[array].count) return std::nullopt;
  uint32_t at = array + 1;
  for (uint32_t i = 0; i < index; ++i) at = document[at].next;
  return at;
}

}  // namespace

FieldPath::FieldPath(std::vector<std::string> names) {
  for (std::string& name : names) {
    pointer_ += '/';
    pointer_ += EscapePointer(name);
    const std::optional<uint32_t> index = IndexOf(name);
    words_.push_back({std::move(name), index});
  }
}

absl::StatusOr<FieldPath> FieldPath::Parse(std::string_view text) {
  if (text.empty()) return Wrong("must not be empty");
  if (text.front() != '/') {
    std::vector<std::string> names = Split(text, '.');
    if (std::ranges::find(names, std::string()) != names.end()) {
      return Wrong(
          "has an empty name between its dots; where a name itself has a dot, or is empty, write a "
          "JSON Pointer such as /customer/id");
    }
    return FieldPath(std::move(names));
  }
  std::vector<std::string> names = Split(text.substr(1), '/');
  for (std::string& name : names) {
    if (!Unescape(name)) {
      return Wrong("is no JSON Pointer: behind ~ stands 0 (for ~) or 1 (for /)");
    }
  }
  return FieldPath(std::move(names));
}

std::optional<uint32_t> FieldPath::Find(const Document& document) const {
  std::optional<uint32_t> at = 0;
  for (const Word& word : words_) {
    const Type type = document[*at].type;
    if (type == Type::kObject) {
      at = document.Find(*at, word.name);
    } else if (type == Type::kArray && word.index) {
      at = ElementAt(document, *at, *word.index);
    } else {
      return std::nullopt;
    }
    if (!at) return std::nullopt;
  }
  return at;
}

}  // namespace amqp_sidecar::json
