// What a subscription or a settlement may not ask for: what cannot be, and what would cost the
// broker's connection. Pure.
#pragma once

#include <optional>

#include "broker/types.h"

namespace amqp_sidecar::broker {

// INVALID_SUBSCRIPTION, or nothing. `hold_limit`: how long the broker lets a delivery be unsettled,
// with a margin.
std::optional<Error> CheckSubscribe(const SubscribeRequest& request, base::Duration hold_limit);
std::optional<Error> CheckSettlement(const Settlement& settlement);
std::optional<Error> CheckExtension(base::Duration ack_deadline);

}  // namespace amqp_sidecar::broker
