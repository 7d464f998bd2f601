#include "delivery_check.h"

#include <algorithm>
#include <string_view>

namespace amqp_sidecar::simulation {
namespace {

bool IsDeath(std::string_view name) {
  return name == "x-death" || name.starts_with("x-first-death-") ||
         name.starts_with("x-last-death-");
}

// What there may be besides the publisher's own.
bool MayBeAdded(std::string_view name, const Checker::Journey& journey) {
  if (name == "x-delivery-count") return true;
  if (journey.died && (IsDeath(name) || name == "x-sidecar-retry")) return true;
  return journey.killed && name.starts_with("x-sidecar-") && name != "x-sidecar-retry";
}

std::string WrongHeader(const amqp::FieldTable& got, const amqp::FieldTable& published,
                        const Checker::Journey& journey) {
  for (const auto& [name, value] : published) {
    const bool routes = name == "CC" || name == "BCC";
    if ((routes && (journey.died || journey.killed)) || (IsDeath(name) && journey.died)) continue;
    const auto found = got.find(name);
    if (found == got.end()) return "without its header " + name;
    if (found->second != value) return "with another header " + name;
  }
  for (const auto& [name, value] : got) {
    if (!published.contains(name) && !MayBeAdded(name, journey)) return "with the header " + name;
  }
  return "";
}

}  // namespace

std::string WrongWith(const broker::Delivery& delivery, const Checker& checker,
                      Checker::CopyId copy) {
  const broker::ReceivedMessage& got = *delivery.message;
  const Checker::Publish& published = checker.publish(checker.publish_of(copy));
  const Checker::Journey& journey = checker.journey(copy);
  const broker::Properties& properties = got.properties;
  if (*got.body != checker.Body(checker.publish_of(copy))) return "with another body";
  if (got.exchange != journey.exchange || got.routing_key != journey.routing_key) {
    return "as if published with " + got.exchange + "/" + got.routing_key;
  }
  if (properties.correlation_id != Checker::NameOf(checker.publish_of(copy))) return "for another";
  // After a wait they are in x-sidecar-retry, which nobody reads where the broker has sent it on.
  const bool went_on = journey.died || journey.killed;
  const bool named = !published.message_id.empty() || !went_on;
  if (named && properties.message_id != published.message_id) return "with another message_id";
  // The broker takes it away where it dead-letters, and so does the sidecar.
  if (properties.expiration != (went_on ? "" : published.expiration)) {
    return "with the expiration \"" + properties.expiration + "\"";
  }
  if (!went_on && properties.user_id != published.user_id) return "with another user_id";
  return WrongHeader(properties.headers, published.headers, journey);
}

}  // namespace amqp_sidecar::simulation
