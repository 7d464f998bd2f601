// What no broker would take as topology, or what RabbitMQ would answer by closing the whole
// connection, found before it is sent. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "broker/types.h"

namespace amqp_sidecar::broker {

// INVALID_TOPOLOGY, or nothing. `plugin_types` are the exchange types that may be used besides the
// four of AMQP: there is no asking the broker which it has.
std::optional<Error> CheckTopology(const Topology& topology,
                                   const std::vector<std::string>& plugin_types = {});

}  // namespace amqp_sidecar::broker
