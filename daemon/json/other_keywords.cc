#include <array>

#include "json/keywords.h"

namespace amqp_sidecar::json {
namespace {

constexpr std::array<std::string_view, 6> kStrings = {
    "$comment", "contentEncoding", "contentMediaType", "description", "format", "title"};
constexpr std::array<std::string_view, 2> kBooleans = {"readOnly", "writeOnly"};

}  // namespace

void CheckOtherKeywords(const SchemaObject& schema) {
  for (const std::string_view keyword : kStrings) (void)schema.FindOf(keyword, Type::kString);
  for (const std::string_view keyword : kBooleans) (void)schema.FindOf(keyword, Type::kBoolean);
  (void)schema.FindOf("examples", Type::kArray);
  // Whether or not anything refers to them.
  for (const std::string_view keyword : {"$defs", "definitions"}) {
    if (keyword == "$defs" && schema.draft() == Draft::k07) continue;
    for (const auto& [name, at] : schema.FindMembers(keyword)) schema.compiler().SchemaAt(at);
  }
}

}  // namespace amqp_sidecar::json
