// The message that goes to the sidecar, made of what a caller gives. Any thread.
#pragma once

#include <string_view>

#include "amqp_sidecar/body.h"
#include "amqp_sidecar/message.h"
#include "amqp_sidecar/trace.h"
#include "amqp_sidecar/v1/message.pb.h"

namespace amqp_sidecar {

// With a message_id, and with the trace's headers. Throws an Error: INVALID_MESSAGE, nothing was
// sent.
void MakeMessage(std::string_view exchange, std::string_view routing_key, Body body,
                 const Properties& properties, const TraceHooks& trace, v1::Message& message);

}  // namespace amqp_sidecar
