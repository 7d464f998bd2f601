// What a handler makes of one delivery. On the handler's thread.
#pragma once

#include <stop_token>

#include "amqp_sidecar/subscription.h"
#include "amqp_sidecar/trace.h"
#include "amqp_sidecar/v1/subscriber.pb.h"
#include "settlements.h"

namespace amqp_sidecar {

// Runs the handler; what it throws is written to the log, and says how the delivery is settled.
Settlement Handle(const Handler& handler, const TraceHooks& trace, const v1::Delivery& delivery,
                  const std::stop_token& stop);

}  // namespace amqp_sidecar
