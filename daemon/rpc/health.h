// Health: what the gRPC health service says, by what the broker layer says of itself. "" serves
// while the process lives. Pure, any thread.
#pragma once

#include "broker/types.h"

namespace amqp_sidecar::rpc {

struct Health {
  bool publisher = false;
  bool subscriber = false;
  bool operator==(const Health&) const = default;
};

inline constexpr char kPublisherServiceName[] = "amqp_sidecar.v1.PublisherService";
inline constexpr char kSubscriberServiceName[] = "amqp_sidecar.v1.SubscriberService";

// Each serves with its link up and the topology declared; the publisher not while the broker
// blocks.
inline Health HealthOf(const broker::Snapshot& snapshot) {
  return {.publisher = snapshot.connection.state == broker::ConnectionState::kReady &&
                       snapshot.topology_declared,
          .subscriber = snapshot.consuming().up() && snapshot.topology_declared};
}

}  // namespace amqp_sidecar::rpc
