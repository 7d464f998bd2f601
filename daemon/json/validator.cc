#include "json/validator.h"

#include <algorithm>

#include "base/strings.h"
#include "json/well_formed.h"

namespace amqp_sidecar::json {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::optional<std::string> CheckJson(std::string_view body) {
  if (body.empty()) return "the body is empty, and its content type is JSON";
  auto wrong = CheckWellFormed(body);
  if (wrong) return base::Concat("the body is not well-formed JSON: ", *wrong);
  return std::nullopt;
}

}  // namespace

bool ClaimsJson(std::string_view content_type) {
  std::string type(content_type.substr(0, content_type.find(';')));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.pop_back();
  std::ranges::transform(type, type.begin(), Lower);
  return type == "application/json" || type.ends_with("+json");
}

std::optional<std::string> Validator::CheckPublish(std::string_view content_type,
                                                   std::string_view body) const {
  if (!options_.require_json || !ClaimsJson(content_type)) return std::nullopt;
  return CheckJson(body);
}

std::optional<std::string> Validator::CheckDelivery(std::string_view content_type,
                                                    std::string_view body) const {
  return CheckPublish(content_type, body);
}

}  // namespace amqp_sidecar::json
