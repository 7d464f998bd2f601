#include "broker/readiness.h"

#include "absl/strings/str_cat.h"

namespace amqp_sidecar::broker {
namespace {

Readiness NotReady(const std::string& why, const std::string& detail) {
  return {503, absl::StrCat("not ready: ", why, detail.empty() ? "" : ": ", detail)};
}

Readiness NoLink(const std::string& what, const ConnectionSnapshot& connection) {
  const std::string where =
      connection.endpoint.empty() ? "" : absl::StrCat(" to ", connection.endpoint);
  return NotReady(absl::StrCat(what, where), connection.last_error);
}

}  // namespace

Readiness ReadinessOf(const Snapshot& snapshot, base::Duration stalled) {
  if (stalled >= kStalledFrom) {
    return NotReady(
        "the thread that talks to the broker is stuck",
        absl::StrCat("for ", std::chrono::floor<std::chrono::seconds>(stalled).count(), " s"));
  }
  if (snapshot.connection.state == ConnectionState::kDraining) {
    return NotReady("shutting down", "");
  }
  if (!snapshot.connection.up()) return NoLink("no connection", snapshot.connection);
  if (!snapshot.consuming().up()) {
    return NoLink("no connection for subscriptions", snapshot.consuming());
  }
  if (!snapshot.topology_declared) {
    return NotReady("the topology is not declared", snapshot.topology_error);
  }
  if (snapshot.connection.state == ConnectionState::kBlocked) {
    return {200, absl::StrCat("degraded: the broker accepts no publishes: ",
                              snapshot.connection.blocked_reason)};
  }
  return {200, "ready"};
}

}  // namespace amqp_sidecar::broker
