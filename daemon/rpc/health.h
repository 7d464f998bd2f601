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

// Both serve with the link up and the topology declared; the publisher not while the broker blocks.
inline Health HealthOf(const broker::Snapshot& snapshot) {
  const bool up = snapshot.link_up() && snapshot.topology_declared;
  return {.publisher = up && snapshot.state != broker::ConnectionState::kBlocked, .subscriber = up};
}

}  // namespace amqp_sidecar::rpc
