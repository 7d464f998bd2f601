// SchemaPart: the same orders to two sidecars in alternating order, round after round: one has a
// rule with a schema that they fit, the other has none and looks whether they are JSON.
#pragma once

#include <string>

#include "bench/rounds.h"
#include "bench/world.h"

namespace amqp_sidecar::bench {

// A JSON array, one object a piece. The sidecar with the rule lives as long as the part. Of the
// options the bodies are not for this part.
std::string RunSchemaPart(World& world, const RoundOptions& options);

}  // namespace amqp_sidecar::bench
