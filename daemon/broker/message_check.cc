#include "broker/message_check.h"

#include <algorithm>
#include <string_view>

#include "base/strings.h"

namespace amqp_sidecar::broker {
namespace {

Error Invalid(std::string detail) { return {Reason::kInvalidMessage, std::move(detail)}; }

std::optional<Error> CheckExpiration(const std::string& expiration) {
  if (expiration.empty()) return std::nullopt;
  const bool digits = std::ranges::all_of(expiration, [](char c) { return c >= '0' && c <= '9'; });
  // RabbitMQ takes up to 2^32 - 1 milliseconds.
  if (!digits || expiration.size() > 10 || std::stoull(expiration) > 4'294'967'295u) {
    return Invalid("expiration must be between 0 and 4294967295 milliseconds");
  }
  return std::nullopt;
}

}  // namespace

bool IsReservedHeader(std::string_view name) {
  static constexpr std::string_view kExact[] = {"CC", "BCC", "x-delivery-count", "x-acquired-count",
                                                "x-stream-offset"};
  static constexpr std::string_view kPrefixes[] = {"x-death", "x-first-death-", "x-last-death-",
                                                   "x-sidecar-"};
  return std::ranges::find(kExact, name) != std::end(kExact) ||
         std::ranges::any_of(kPrefixes,
                             [&](std::string_view prefix) { return name.starts_with(prefix); });
}

std::optional<Error> CheckMessage(const PublishRequest& request,
                                  const std::vector<std::string>& logins) {
  if (request.exchange.empty() && request.routing_key.empty()) {
    return Invalid(
        "neither exchange nor routing_key is set: name an exchange, or leave exchange empty and "
        "put the "
        "queue's name into routing_key");
  }
  const Properties& properties = request.properties;
  if (!properties.user_id.empty() &&
      !std::ranges::all_of(logins, [&](const auto& user) { return user == properties.user_id; })) {
    return Invalid(
        base::Concat("user_id \"", properties.user_id,
                     "\" is not the user that the sidecar is logged in as: leave it empty"));
  }
  if (properties.delivery_mode > 2) return Invalid("delivery_mode must be transient or persistent");
  if (properties.reply_to.starts_with("amq.rabbitmq.reply-to")) {
    return Invalid(
        "reply_to names RabbitMQ's direct reply-to, which needs the requester's own channel");
  }
  for (const auto& [name, value] : properties.headers) {
    if (IsReservedHeader(name)) {
      return Invalid(base::Concat("header \"", name,
                                  "\" is reserved: the broker or the sidecar sets it; remove it"));
    }
  }
  return CheckExpiration(properties.expiration);
}

}  // namespace amqp_sidecar::broker
