#include "json/validator.h"

#include <algorithm>
#include <utility>

namespace amqp_sidecar::json {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool EndsWithInAnyCase(std::string_view text, std::string_view end) {
  return text.size() >= end.size() &&
         std::ranges::equal(text.substr(text.size() - end.size()), end, {}, Lower);
}

BodyCheck DefaultOf(const Validator::Options& options) {
  BodyCheck check;
  check.unique_keys = options.unique_keys;
  return check;
}

}  // namespace

bool ClaimsJson(std::string_view content_type) {
  constexpr std::string_view kJson = "application/json";
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
  return EndsWithInAnyCase(type, "+json") ||
         (type.size() == kJson.size() && EndsWithInAnyCase(type, kJson));
}

Validator::Validator(Options options)
    : require_json_(options.require_json), default_(DefaultOf(options)) {
  for (Rule& rule : options.rules) {
    (rule.queue ? for_deliveries_ : for_publishes_).push_back(std::move(rule));
  }
}

std::optional<std::string> Validator::Check(const Rule* rule, std::string_view content_type,
                                            std::string_view body) const {
  if (rule == nullptr) {
    if (!require_json_ || !ClaimsJson(content_type)) return std::nullopt;
    return default_.Check(body);
  }
  if (rule->off) return std::nullopt;
  if (!rule->body.HasContents() && !ClaimsJson(content_type)) return std::nullopt;
  return rule->body.Check(body);
}

std::optional<std::string> Validator::CheckPublish(std::string_view exchange,
                                                   std::string_view routing_key,
                                                   std::string_view content_type,
                                                   std::string_view body) const {
  const auto rule = std::ranges::find_if(for_publishes_, [&](const Rule& one) {
    return (!one.exchange || *one.exchange == exchange) &&
           (!one.routing_key || one.routing_key->Matches(routing_key));
  });
  return Check(rule == for_publishes_.end() ? nullptr : &*rule, content_type, body);
}

std::optional<Validator::Fault> Validator::CheckDelivery(std::string_view queue,
                                                         std::string_view content_type,
                                                         std::string_view body) const {
  const auto rule =
      std::ranges::find_if(for_deliveries_, [&](const Rule& one) { return *one.queue == queue; });
  const bool found = rule != for_deliveries_.end();
  std::optional<std::string> reason = Check(found ? &*rule : nullptr, content_type, body);
  if (!reason) return std::nullopt;
  return Fault{*std::move(reason), found ? rule->on_invalid : OnInvalid::kDeliver};
}

}  // namespace amqp_sidecar::json
