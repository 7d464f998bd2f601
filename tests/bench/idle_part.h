// IdlePart: what a call costs that comes after a silence, directly and through the sidecar in turn.
#pragma once

#include <string>

#include "bench/world.h"

namespace amqp_sidecar::bench {

// `calls` of each path, each two seconds after the path's last. A JSON object.
std::string RunIdlePart(World& world, int calls);

}  // namespace amqp_sidecar::bench
