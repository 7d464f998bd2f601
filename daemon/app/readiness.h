// Readiness: what /readyz answers, from the broker's snapshot. Pure.
#pragma once

#include <string>

#include "broker/types.h"

namespace amqp_sidecar::app {

struct Readiness {
  int http_code = 503;
  // "ready", "degraded: <why>" or "not ready: <why>".
  std::string text;
};

// Ready is a link with the topology declared. An alarm of the broker degrades and no more: taking
// the service out of rotation would not help it.
Readiness ReadinessOf(const broker::Snapshot& snapshot);

}  // namespace amqp_sidecar::app
