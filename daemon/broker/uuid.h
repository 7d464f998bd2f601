// UUIDv7 (RFC 9562 §5.7): a message id that sorts by the time it was made. Any thread.
#pragma once

#include <string>

#include "base/clock.h"

namespace amqp_sidecar::broker {

// As text, 36 characters. Unique, and not secret.
std::string NewUuidV7(base::WallTime now);

}  // namespace amqp_sidecar::broker
