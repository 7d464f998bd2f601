#include "json/field_path.h"

#include <algorithm>
#include <utility>

#include "json/json_pointer.h"

namespace amqp_sidecar::json {
namespace {

absl::Status Wrong(const char* what) { return absl::InvalidArgumentError(what); }

std::vector<std::string> WordsOf(std::string_view text) {
  std::vector<std::string> words;
  for (;;) {
    const size_t end = text.find('.');
    words.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return words;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

FieldPath::FieldPath(std::vector<std::string> names) {
  for (std::string& name : names) {
    pointer_ += '/';
    pointer_ += EscapePointer(name);
    const std::optional<uint32_t> index = IndexFrom(name);
    words_.push_back({std::move(name), index});
  }
}

absl::StatusOr<FieldPath> FieldPath::Parse(std::string_view text) {
  if (text.empty()) return Wrong("must not be empty");
  if (text.front() != '/') {
    std::vector<std::string> names = WordsOf(text);
    if (std::ranges::find(names, std::string()) != names.end()) {
      return Wrong(
          "has an empty name between its dots; where a name itself has a dot, or is empty, write a "
          "JSON Pointer such as /customer/id");
    }
    return FieldPath(std::move(names));
  }
  auto names = SplitPointer(text);
  if (!names) return Wrong("is no JSON Pointer: behind ~ stands 0 (for ~) or 1 (for /)");
  return FieldPath(*std::move(names));
}

std::optional<uint32_t> FieldPath::Find(const Document& document) const {
  std::optional<uint32_t> at = 0;
  for (const Word& word : words_) {
    const Type type = document[*at].type;
    if (type == Type::kObject) {
      at = document.Find(*at, word.name);
    } else if (type == Type::kArray && word.index) {
      at = document.Element(*at, *word.index);
    } else {
      return std::nullopt;
    }
    if (!at) return std::nullopt;
  }
  return at;
}

}  // namespace amqp_sidecar::json
