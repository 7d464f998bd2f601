// What is asked of the broker about one item of a topology, as an operation of the scratch channel.
// io thread. Decides nothing: its callers do.
#pragma once

#include "broker/kept_topology.h"
#include "broker/scratch_channel.h"

namespace amqp_sidecar::broker {

// Declares it, or binds.
ScratchChannel::Operation DeclareOperation(TopologyItem item);

// Whether an exchange or queue is there, whatever its properties: a passive declare. Takes no
// permission of the user. Not for a binding: AMQP cannot be asked about those.
ScratchChannel::Operation CheckOperation(TopologyItem item);

// Whether an exchange or queue is there with these properties: a passive declare, and right behind
// it, so that nothing is declared that is not there, an active one. Not for a binding.
ScratchChannel::Operation CompareOperation(TopologyItem item);

ScratchChannel::Operation UnbindOperation(Binding binding);

}  // namespace amqp_sidecar::broker
