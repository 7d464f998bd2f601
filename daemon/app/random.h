// NewRandom: chance for the jitter of reconnects and the names of a process's life.
#pragma once

#include "base/backoff.h"

namespace amqp_sidecar::app {

// From 0 up to, not including, 1, seeded by the system. To be called on one thread.
base::Backoff::Random NewRandom();

}  // namespace amqp_sidecar::app
