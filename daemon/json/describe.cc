#include "json/describe.h"

#include "base/strings.h"
#include "json/excerpt.h"

namespace amqp_sidecar::json {

std::string_view NameOf(Type type) {
  switch (type) {
    case Type::kNull:
      return "null";
    case Type::kBoolean:
      return "a boolean";
    case Type::kNumber:
      return "a number";
    case Type::kString:
      return "a string";
    case Type::kArray:
      return "an array";
    case Type::kObject:
      return "an object";
  }
  return "";
}

std::string Describe(const Document& document, uint32_t node) {
  switch (const Value& value = document[node]; value.type) {
    case Type::kBoolean:
      return value.is_true ? "true" : "false";
    case Type::kNumber:
      return Excerpt(document.text(node));
    case Type::kString:
      return base::Concat("\"", Excerpt(document.text(node)), "\"");
    default:
      return std::string(NameOf(value.type));
  }
}

}  // namespace amqp_sidecar::json
