// Readiness: whether the sidecar can do its work, and why not, in the words of /readyz. Pure.
#pragma once

#include <string>

#include "broker/types.h"

namespace amqp_sidecar::broker {

struct Readiness {
  int http_code = 503;
  // "ready", "degraded: <why>" or "not ready: <why>".
  std::string text;
};

// Ready is a link with the topology declared. An alarm of the broker degrades and no more: taking
// the service out of rotation would not help it. `stalled` is how long the io thread has not come
// round: from kStalledFrom on nothing flows, whatever the snapshot says.
inline constexpr base::Duration kStalledFrom = std::chrono::seconds(1);
Readiness ReadinessOf(const Snapshot& snapshot, base::Duration stalled = {});

}  // namespace amqp_sidecar::broker
