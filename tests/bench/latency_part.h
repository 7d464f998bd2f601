// LatencyPart: from a publish to its delivery, one message at a time and nothing else going on:
// directly and through the sidecar in turn.
#pragma once

#include <cstddef>
#include <string>

#include "bench/rounds.h"
#include "bench/world.h"

namespace amqp_sidecar::bench {

// `messages` of each path, kind of queue and round. A JSON array, one object a measurement.
std::string RunLatencyPart(World& world, const RoundOptions& options, size_t messages);

}  // namespace amqp_sidecar::bench
