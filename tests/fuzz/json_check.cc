#include "fuzz/json_check.h"

#include <simdjson.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

namespace amqp_sidecar::fuzz {
namespace {

// Of one complaint: a pointer of 64 levels with names of 64 bytes, some of which are escaped, and
// what stands behind it.
constexpr size_t kMostInComplaint = 64 * 1024;

void RequireValue(const json::Document& document, uint32_t index) {
  const json::Value& value = document[index];
  Require(value.next > index && value.next <= document.size(), "a value ends before it begins");
  if (value.type == json::Type::kString || value.type == json::Type::kNumber) {
    const std::string_view text = document.text(index);
    Require(text.size() == value.size, "a text is cut");
    Require(simdjson::validate_utf8(text.data(), text.size()), "a text is not UTF-8", text);
  }
  if (value.type != json::Type::kArray && value.type != json::Type::kObject) {
    Require(value.next == index + 1, "something is in a value that holds nothing");
    return;
  }
  uint32_t at = index + 1;
  for (uint32_t i = 0; i < value.count; ++i) {
    if (value.type == json::Type::kObject) {
      Require(document[at].type == json::Type::kString && document[at].is_name,
              "a nameless member");
      Require(document.Find(index, document.text(at)).has_value(), "a member is not found");
      ++at;
    }
    Require(at < value.next, "a value holds less than it says");
    at = document[at].next;
  }
  Require(at == value.next, "a value holds more than it says");
}

}  // namespace

void Require(bool holds, std::string_view what, std::string_view detail) {
  if (holds) return;
  std::cerr << "broken: " << what << " " << detail << std::endl;
  std::abort();
}

void RequireSoundDocument(const json::Document& document) {
  // Find() looks at all members of an object.
  constexpr uint32_t kMostLookedAt = 2000;
  Require(document.size() > 0, "an empty document is taken");
  Require(document[0].next == document.size(), "there is more than one value");
  for (uint32_t i = 0; i < document.size() && i < kMostLookedAt; ++i) RequireValue(document, i);
  Require(document.PointerTo(0).empty(), "the whole text has a pointer");
  const std::string last = document.PointerTo(document.size() - 1);
  Require(document.size() == 1 || last.starts_with('/'), "no pointer to the last value", last);
  Require(simdjson::validate_utf8(last.data(), last.size()), "a pointer is not UTF-8", last);
}

void RequireSoundCheck(const json::Schema& schema, const json::Document& document) {
  const std::vector<std::string> first = schema.Check(document, 1);
  const std::vector<std::string> all = schema.Check(document, 10);
  Require(first.size() <= 1 && all.size() <= 10, "more complaints than were asked for");
  // Ten faults take longer to find than one, and may be too costly where one is not.
  Require(first.empty() == all.empty(), "valid or not, by how many complaints were asked for");
  for (const std::string& line : all) {
    Require(!line.empty() && line.size() <= kMostInComplaint, "an endless complaint", line);
    Require(simdjson::validate_utf8(line.data(), line.size()), "a complaint is not UTF-8", line);
  }
  Require(first == schema.Check(document, 1), "not the same twice");
}

}  // namespace amqp_sidecar::fuzz
