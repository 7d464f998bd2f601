#include "json/body_check.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "json/document.h"

namespace amqp_sidecar::json {
namespace {

// Of this thread: what it needed for one body is there for the next.
Document& OwnDocument() {
  thread_local Document document;
  return document;
}

// -0, 0.0 and 0e9 are 0, too.
bool IsZero(std::string_view number) {
  const std::string_view digits = number.substr(0, number.find_first_of("eE"));
  return digits.find_first_of("123456789") == std::string_view::npos;
}

// How the value is written that counts as not set; null where it is set.
const char* AsZero(const Document& document, uint32_t at) {
  const Value& value = document[at];
  switch (value.type) {
    case Type::kNull:
      return "null";
    case Type::kBoolean:
      return nullptr;
    case Type::kNumber:
      return IsZero(document.text(at)) ? "0" : nullptr;
    case Type::kString:
      return value.size == 0 ? "\"\"" : nullptr;
    case Type::kArray:
      return value.count == 0 ? "[]" : nullptr;
    case Type::kObject:
      return value.count == 0 ? "{}" : nullptr;
  }
  return nullptr;
}

// What is wrong with one body, up to a number of faults.
class Faults {
 public:
  explicit Faults(size_t most) : most_(most) {}

  size_t room() const { return most_ - lines_.size(); }
  bool empty() const { return lines_.empty(); }

  // A fault that two parts of a rule find is told once.
  void Add(std::string line) {
    if (room() > 0 && std::ranges::find(lines_, line) == lines_.end()) {
      lines_.push_back(std::move(line));
    }
  }

  std::string Text() const {
    std::string text;
    for (const std::string& line : lines_) {
      if (!text.empty()) text += "; ";
      text += line;
    }
    if (text.size() <= kMostReasonBytes) return text;
    size_t end = kMostReasonBytes - 3;
    // Not within a character.
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    return text.substr(0, end) + "...";
  }

 private:
  const size_t most_;
  std::vector<std::string> lines_;
};

void CheckField(const Document& document, const FieldPath& field, bool non_zero, Faults& faults) {
  const std::optional<uint32_t> at = field.Find(document);
  if (!at) {
    faults.Add(base::Concat(field.pointer(), ": required, missing"));
  } else if (document[*at].type == Type::kNull) {
    faults.Add(base::Concat(field.pointer(), ": null, which counts as missing"));
  } else if (const char* zero = non_zero ? AsZero(document, *at) : nullptr) {
    faults.Add(base::Concat(field.pointer(), ": ", zero, ", which counts as not set"));
  }
}

}  // namespace

std::optional<std::string> BodyCheck::Check(std::string_view body) const {
  if (body.empty()) return "the body is empty";
  Document& document = OwnDocument();
  std::optional<std::string> wrong = CheckIn(document, body);
  document.GiveBackMemory();
  return wrong;
}

std::optional<std::string> BodyCheck::CheckIn(Document& document, std::string_view body) const {
  if (auto wrong = document.Parse(body, {.max_depth = kMaxDepth, .unique_keys = unique_keys})) {
    return base::Concat("the body is not well-formed JSON: ", *wrong);
  }
  Faults faults(all_errors ? kMostFaults : 1);
  for (const FieldPath& field : require_fields) CheckField(document, field, false, faults);
  for (const FieldPath& field : require_non_zero) CheckField(document, field, true, faults);
  if (schema && faults.room() > 0) {
    for (std::string& line : schema->Check(document, faults.room())) faults.Add(std::move(line));
  }
  if (faults.empty()) return std::nullopt;
  return faults.Text();
}

}  // namespace amqp_sidecar::json
