// Route: where a topology sends a message. AMQP cannot be asked about bindings, so this is what the
// configuration says, and not what the broker has. Pure, any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "broker/types.h"

namespace amqp_sidecar::app {

struct Route {
  std::vector<std::string> queues;  // in the order of the bindings, each once
  // Why the topology does not tell; then there are no queues.
  std::optional<std::string> unknown;
};

// As RabbitMQ does for direct, fanout and topic exchanges, with what their alternate exchanges get.
Route RouteOf(const broker::Topology& topology, const std::string& exchange,
              const std::string& routing_key);

}  // namespace amqp_sidecar::app
