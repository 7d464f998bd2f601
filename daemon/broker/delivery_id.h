// DeliveryId: which delivery, of which incarnation of which subscription, of which life of the
// sidecar. Opaque to clients. A plain value, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace amqp_sidecar::broker {

struct DeliveryId {
  uint64_t life = 0;          // drawn at random when the process starts
  uint64_t subscription = 0;  // counts within a life, from 1
  uint64_t incarnation = 0;   // of the subscription's channel, from 1: an older one is stale
  uint64_t tag = 0;           // AMQP's delivery tag on that channel, from 1

  bool operator==(const DeliveryId&) const = default;
};

std::string FormatDeliveryId(const DeliveryId& id);

// Nothing where `text` is not what FormatDeliveryId writes.
std::optional<DeliveryId> ParseDeliveryId(std::string_view text);

}  // namespace amqp_sidecar::broker
