// What happens to a publish at the door, on the caller's thread: defaults, checks, encoding. Any
// thread.
#pragma once

#include <optional>

#include "broker/pending_publish.h"
#include "broker/types.h"

namespace amqp_sidecar::broker {

class BrokerCore;

// What is wrong with `request`, or nothing, and `out` has all of it but the owner. out.message_id
// is set in any case. What is in flight is not looked at.
std::optional<Error> PreparePublish(const BrokerCore& core, PublishRequest request,
                                    PendingPublish& out);

}  // namespace amqp_sidecar::broker
