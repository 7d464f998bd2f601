// How the broker differs from a topology: asked item by item on the scratch channel, changing
// nothing. io thread.
#pragma once

#include <vector>

#include "base/reactor.h"
#include "broker/kept_topology.h"
#include "broker/scratch_channel.h"
#include "broker/types.h"

namespace amqp_sidecar::broker {

// `done` is called once, by `deadline`, not from within. The broker names one property that differs
// of each item, and cannot be asked about bindings. `scratch` is not owned and outlives the call.
void CompareTopology(ScratchChannel& scratch, std::vector<TopologyItem> items,
                     base::TimePoint deadline, ComparisonCallback done);

}  // namespace amqp_sidecar::broker
