#include "json/schema_object.h"

#include <algorithm>
#include <limits>

#include "base/strings.h"
#include "json/decimal.h"
#include "json/describe.h"

namespace amqp_sidecar::json {

std::optional<Location> SchemaObject::Find(std::string_view keyword) const {
  const auto found = document().Find(at_.index, keyword);
  if (!found) return std::nullopt;
  return Place(*found);
}

std::optional<Location> SchemaObject::FindOf(std::string_view keyword, Type type) const {
  const auto found = Find(keyword);
  if (!found || value(*found).type == type) return found;
  compiler_.Fail(*found, base::Concat("must be ", NameOf(type)));
  return std::nullopt;
}

std::optional<uint32_t> SchemaObject::FindCount(std::string_view keyword) const {
  const auto found = FindOf(keyword, Type::kNumber);
  if (!found) return std::nullopt;
  const Decimal count(text(*found));
  if (!count.is_integer() || count.is_negative()) {
    compiler_.Fail(*found, "must be an integer, 0 or more");
    return std::nullopt;
  }
  if (count.exponent() > 9) return std::numeric_limits<uint32_t>::max();
  uint32_t value = 0;
  for (int64_t i = 0; i < count.exponent(); ++i) {
    const auto digit = static_cast<size_t>(i);
    value = value * 10 + (digit < count.digits() ? static_cast<uint32_t>(count.digit(digit)) : 0);
  }
  return value;
}

bool SchemaObject::FindTrue(std::string_view keyword) const {
  const auto found = FindOf(keyword, Type::kBoolean);
  return found && value(*found).is_true;
}

const Subschema* SchemaObject::FindSchema(std::string_view keyword) const {
  const auto found = Find(keyword);
  return found ? compiler_.SchemaAt(*found) : nullptr;
}

std::vector<const Subschema*> SchemaObject::FindSchemas(std::string_view keyword) const {
  std::vector<const Subschema*> schemas;
  const auto found = FindOf(keyword, Type::kArray);
  if (!found) return schemas;
  if (value(*found).count == 0) compiler_.Fail(*found, "must not be empty");
  for (const Location& element : ElementsOf(*found)) {
    schemas.push_back(compiler_.SchemaAt(element));
  }
  return schemas;
}

std::vector<SchemaObject::Member> SchemaObject::FindMembers(std::string_view keyword) const {
  std::vector<Member> members;
  const auto found = FindOf(keyword, Type::kObject);
  if (!found) return members;
  uint32_t name = found->index + 1;
  for (uint32_t i = 0; i < value(*found).count; ++i) {
    members.emplace_back(document().text(name), Place(name + 1));
    name = document()[name + 1].next;
  }
  return members;
}

std::vector<Location> SchemaObject::ElementsOf(const Location& array) const {
  std::vector<Location> elements;
  uint32_t at = array.index + 1;
  for (uint32_t i = 0; i < value(array).count; ++i) {
    elements.push_back(Place(at));
    at = document()[at].next;
  }
  return elements;
}

std::vector<std::string> SchemaObject::NamesAt(const Location& array) const {
  std::vector<std::string> names;
  if (value(array).type != Type::kArray) {
    compiler_.Fail(array, "must be an array of names");
    return names;
  }
  for (const Location& element : ElementsOf(array)) {
    if (value(element).type != Type::kString) {
      compiler_.Fail(element, "must be a string");
      return {};
    }
    names.emplace_back(text(element));
  }
  std::vector<std::string> sorted = names;
  std::ranges::sort(sorted);
  if (std::ranges::adjacent_find(sorted) != sorted.end()) {
    compiler_.Fail(array, "must have each name once");
  }
  return names;
}

}  // namespace amqp_sidecar::json
