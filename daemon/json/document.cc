#include "json/document.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>

#include "base/strings.h"
#include "json/document_reader.h"
#include "json/json_pointer.h"

namespace amqp_sidecar::json {
namespace {

constexpr uint64_t kMostBytes = 0xFFFF'FFFFu / 4;  // unescaped strings stand behind the text

const char* Explain(simdjson::error_code error) {
  switch (error) {
    case simdjson::UTF8_ERROR:
      return "not valid UTF-8";
    case simdjson::UNCLOSED_STRING:
      return "a string has no end";
    case simdjson::UNESCAPED_CHARS:
      return "a string holds a control character, which JSON wants escaped";
    case simdjson::EMPTY:
      return "empty";
    default:
      return simdjson::error_message(error);
  }
}

}  // namespace

Document::Document() = default;
Document::~Document() = default;

void Document::GiveBackMemory() {
  const auto is_much = [](size_t bytes) { return bytes > kMostKept; };
  const bool indexer_is = indexer_ && is_much(indexer_->capacity() * sizeof(uint32_t));
  const bool scratch_is = is_much(scratch_.capacity() * sizeof(scratch_[0]));
  if (indexer_is) indexer_.reset();
  if (scratch_is) std::vector<uint32_t>().swap(scratch_);
  if (!is_much(room_.capacity()) && !is_much(values_.capacity() * sizeof(Value))) return;
  count_ = 0;
  std::string().swap(room_);
  std::vector<Value>().swap(values_);
}

// The first of simdjson's two stages: UTF-8, and where every token begins. Its second would refuse
// numbers that do not fit 64 bits or a double, which JSON allows: DocumentReader is ours.
const char* Document::FindTokens() {
  if (!indexer_ || indexer_->capacity() < bytes_) {
    indexer_.reset();
    const size_t capacity = std::max<size_t>(bytes_, 4096);
    const auto error = simdjson::get_active_implementation()->create_dom_parser_implementation(
        capacity, /*max_depth=*/1, indexer_);
    if (error != simdjson::SUCCESS) return Explain(error);
  }
  const auto* begin = reinterpret_cast<const uint8_t*>(room_.data());
  const auto error = indexer_->stage1(begin, bytes_, simdjson::stage1_mode::regular);
  if (error != simdjson::SUCCESS) return Explain(error);
  // Its arrays have some room beyond what a text of their capacity can need.
  indexer_->structural_indexes[indexer_->n_structural_indexes] = static_cast<uint32_t>(bytes_);
  return nullptr;
}

std::optional<std::string> Document::Parse(std::string_view text, const Options& options) {
  count_ = 0;
  bytes_ = text.size();
  if (text.empty()) return "empty";
  if (text.starts_with("\xEF\xBB\xBF")) return "begins with a byte order mark";
  if (text.size() > kMostBytes) return "larger than 1 GiB";
  room_.assign(text);
  room_.append(simdjson::SIMDJSON_PADDING, '\0');
  if (const char* wrong = FindTokens()) return wrong;
  const uint32_t tokens = indexer_->n_structural_indexes;
  DocumentReader reader(
      {indexer_->structural_indexes.get(), tokens, bytes_, room_, values_, scratch_}, options);
  if (!reader.Read()) return reader.TakeError();
  count_ = reader.value_count();
  return std::nullopt;
}

std::optional<uint32_t> Document::Find(uint32_t object, std::string_view name) const {
  std::optional<uint32_t> found;
  uint32_t at = object + 1;
  for (uint32_t i = 0; i < values_[object].count; ++i) {
    if (text(at) == name) found = at + 1;
    at = values_[at + 1].next;
  }
  return found;
}

std::optional<uint32_t> Document::Element(uint32_t array, uint32_t index) const {
  if (index >= values_[array].count) return std::nullopt;
  uint32_t at = array + 1;
  for (uint32_t i = 0; i < index; ++i) at = values_[at].next;
  return at;
}

std::string Document::PointerTo(uint32_t index) const {
  std::string pointer;
  uint32_t at = 0;
  while (at != index) {
    const bool in_object = values_[at].type == Type::kObject;
    uint32_t child = at + 1;
    for (uint32_t i = 0;; ++i) {
      // A member is its name and its value.
      const uint32_t next = in_object ? values_[child + 1].next : values_[child].next;
      if (index >= next) {
        child = next;
        continue;
      }
      pointer += base::Concat("/", in_object ? EscapePointer(text(child)) : std::to_string(i));
      at = in_object ? child + 1 : child;
      if (index == child) return pointer;
      break;
    }
  }
  return pointer;
}

}  // namespace amqp_sidecar::json
