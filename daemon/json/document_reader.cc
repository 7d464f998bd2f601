#include "json/document_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/strings.h"
#include "json/escapes.h"
#include "json/json_pointer.h"
#include "json/number_token.h"

namespace amqp_sidecar::json {
namespace {

// Names of an object up to here are compared each with each.
constexpr uint32_t kFewNames = 8;
constexpr size_t kFewValues = 64;

// All that is unescaped is shorter than the text: room for it that does not move later on.
const char* MakeRoom(const DocumentReader::Parts& parts, bool has_escapes) {
  if (has_escapes) parts.room.reserve(parts.room.size() + parts.text_size);
  return parts.room.data();
}

bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

}  // namespace

DocumentReader::DocumentReader(const Parts& parts, const Document::Options& options)
    : parts_(parts),
      options_(options),
      has_escapes_(std::memchr(parts.room.data(), '\\', parts.text_size) != nullptr),
      text_(MakeRoom(parts, has_escapes_)) {}

inline Value& DocumentReader::Add(Type type) {
  if (count_ == parts_.values.size()) parts_.values.resize(2 * parts_.values.size() + kFewValues);
  Value& value = parts_.values[count_++];
  value.type = type;
  value.next = count_;
  return value;
}

inline std::string_view DocumentReader::Token() const {
  const char* begin = text_ + parts_.tokens[at_];
  const char* end = text_ + parts_.tokens[at_ + 1];
  while (IsSpace(end[-1])) --end;
  return {begin, static_cast<size_t>(end - begin)};
}

bool DocumentReader::Read() {
  if (!ReadValue(0)) return false;
  return at_ == parts_.token_count || Fail("followed by something else");
}

std::string DocumentReader::TakeError() {
  std::string pointer;
  for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) pointer += "/" + *step;
  return base::Concat(pointer, pointer.empty() ? "" : ": ", error_);
}

bool DocumentReader::Fail(std::string_view what) {
  error_ = what;
  return false;
}

bool DocumentReader::FailWithin(std::string step) {
  steps_.push_back(std::move(step));
  return false;
}

bool DocumentReader::ReadValue(int depth) {
  switch (Peek()) {
    case '{':
      return ReadObject(depth);
    case '[':
      return ReadArray(depth);
    case '"':
      return ReadString(/*is_name=*/false);
    case 't':
      return ReadLiteral("true", Type::kBoolean);
    case 'f':
      return ReadLiteral("false", Type::kBoolean);
    case 'n':
      return ReadLiteral("null", Type::kNull);
    default:
      break;
  }
  if (at_ == parts_.token_count) return Fail("ends where a value is wanted");
  return ReadNumberHere();
}

bool DocumentReader::ReadArray(int depth) {
  if (depth == options_.max_depth) {
    return Fail(base::Concat("nested more than ", options_.max_depth, " levels deep"));
  }
  const uint32_t index = count_;
  Add(Type::kArray);
  ++at_;
  uint32_t count = 0;
  if (Peek() != ']') {
    for (;; ++at_) {
      if (!ReadValue(depth + 1)) return FailWithin(std::to_string(count));
      ++count;
      if (Peek() != ',') break;
    }
    if (Peek() != ']') return Fail("an array goes on without a comma, or has no end");
  }
  ++at_;
  parts_.values[index].count = count;
  parts_.values[index].next = count_;
  return true;
}

bool DocumentReader::ReadObject(int depth) {
  if (depth == options_.max_depth) {
    return Fail(base::Concat("nested more than ", options_.max_depth, " levels deep"));
  }
  const uint32_t index = count_;
  Add(Type::kObject);
  ++at_;
  uint32_t count = 0;
  if (Peek() != '}') {
    for (;; ++at_) {
      if (Peek() != '"') return Fail("a member of an object has no name in quotes");
      const uint32_t name = count_;
      if (!ReadString(/*is_name=*/true)) return false;
      if (Peek() != ':') return Fail("a member of an object has no colon behind its name");
      ++at_;
      if (!ReadValue(depth + 1)) {
        return FailWithin(EscapePointer(TextOf(name)));
      }
      ++count;
      if (Peek() != ',') break;
    }
    if (Peek() != '}') return Fail("an object goes on without a comma, or has no end");
  }
  ++at_;
  parts_.values[index].count = count;
  parts_.values[index].next = count_;
  return !options_.unique_keys || CheckNames(index);
}

inline bool DocumentReader::ReadString(bool is_name) {
  const std::string_view token = Token();
  ++at_;
  if (token.size() < 2 || token.back() != '"') return Fail("a string has no end");
  Value& value = Add(Type::kString);
  value.is_name = is_name;
  value.begin = static_cast<uint32_t>(token.data() + 1 - text_);
  value.size = static_cast<uint32_t>(token.size() - 2);
  return !has_escapes_ || ReadEscapedString(value);
}

bool DocumentReader::ReadEscapedString(Value& value) {
  const std::string_view raw(text_ + value.begin, value.size);
  if (std::memchr(raw.data(), '\\', raw.size()) == nullptr) return true;
  const size_t behind = parts_.room.size();
  if (const char* wrong = AppendUnescaped(raw, parts_.room)) {
    return Fail(base::Concat("not a valid string: ", wrong));
  }
  value.begin = static_cast<uint32_t>(behind);
  value.size = static_cast<uint32_t>(parts_.room.size() - behind);
  return true;
}

inline bool DocumentReader::ReadNumberHere() {
  const std::string_view token = Token();
  const char first = token.front();
  const auto number = ReadNumber(token);
  if (!number) {
    const bool meant = first == '-' || (first >= '0' && first <= '9');
    return Fail(meant ? "not a valid number" : "not a JSON value");
  }
  ++at_;
  Value& value = Add(Type::kNumber);
  value.is_plain_integer = number->is_plain_integer;
  value.integer = number->integer;
  value.begin = static_cast<uint32_t>(token.data() - text_);
  value.size = static_cast<uint32_t>(token.size());
  return true;
}

bool DocumentReader::ReadLiteral(std::string_view literal, Type type) {
  if (Token() != literal) return Fail(base::Concat("not ", literal));
  ++at_;
  Add(type).is_true = literal.front() == 't';
  return true;
}

bool DocumentReader::CheckNames(uint32_t object) {
  std::vector<uint32_t>& names = parts_.scratch;
  names.clear();
  uint32_t at = object + 1;
  for (uint32_t i = 0; i < parts_.values[object].count; ++i) {
    names.push_back(at);
    at = parts_.values[at + 1].next;
  }
  const auto same = [this](uint32_t a, uint32_t b) { return TextOf(a) == TextOf(b); };
  auto twice = names.end();
  if (names.size() <= kFewNames) {
    twice = std::find_if(names.begin(), names.end(), [&](const uint32_t& name) {
      return std::any_of(names.cbegin(), names.cbegin() + (&name - names.data()),
                         [&](uint32_t other) { return same(name, other); });
    });
  } else {
    std::sort(names.begin(), names.end(),
              [&](uint32_t a, uint32_t b) { return TextOf(a) < TextOf(b); });
    twice = std::adjacent_find(names.begin(), names.end(), same);
  }
  if (twice == names.end()) return true;
  FailWithin(EscapePointer(TextOf(*twice)));
  return Fail("there twice");
}

}  // namespace amqp_sidecar::json
