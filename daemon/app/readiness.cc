#include "app/readiness.h"

#include "absl/strings/str_cat.h"

namespace amqp_sidecar::app {
namespace {

Readiness NotReady(const std::string& why, const std::string& detail) {
  return {503, absl::StrCat("not ready: ", why, detail.empty() ? "" : ": ", detail)};
}

Readiness NoLink(const broker::Snapshot& snapshot) {
  const std::string where =
      snapshot.endpoint.empty() ? "" : absl::StrCat(" to ", snapshot.endpoint);
  return NotReady(absl::StrCat("no connection", where), snapshot.last_error);
}

}  // namespace

Readiness ReadinessOf(const broker::Snapshot& snapshot) {
  switch (snapshot.state) {
    case broker::ConnectionState::kConnecting:
    case broker::ConnectionState::kBackingOff:
      return NoLink(snapshot);
    case broker::ConnectionState::kDraining:
      return NotReady("shutting down", "");
    case broker::ConnectionState::kReady:
    case broker::ConnectionState::kBlocked:
      break;
  }
  if (!snapshot.topology_declared) {
    return NotReady("the topology is not declared", snapshot.topology_error);
  }
  if (snapshot.state == broker::ConnectionState::kBlocked) {
    return {200,
            absl::StrCat("degraded: the broker accepts no publishes: ", snapshot.blocked_reason)};
  }
  return {200, "ready"};
}

}  // namespace amqp_sidecar::app
