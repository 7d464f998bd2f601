#include "app/readiness.h"

#include "absl/strings/str_cat.h"

namespace amqp_sidecar::app {
namespace {

Readiness NotReady(const std::string& why, const std::string& detail) {
  return {503, absl::StrCat("not ready: ", why, detail.empty() ? "" : ": ", detail)};
}

Readiness NoLink(const std::string& what, const broker::ConnectionSnapshot& connection) {
  const std::string where =
      connection.endpoint.empty() ? "" : absl::StrCat(" to ", connection.endpoint);
  return NotReady(absl::StrCat(what, where), connection.last_error);
}

}  // namespace

Readiness ReadinessOf(const broker::Snapshot& snapshot) {
  if (snapshot.connection.state == broker::ConnectionState::kDraining) {
    return NotReady("shutting down", "");
  }
  if (!snapshot.connection.up()) return NoLink("no connection", snapshot.connection);
  if (!snapshot.consuming().up()) {
    return NoLink("no connection for subscriptions", snapshot.consuming());
  }
  if (!snapshot.topology_declared) {
    return NotReady("the topology is not declared", snapshot.topology_error);
  }
  if (snapshot.connection.state == broker::ConnectionState::kBlocked) {
    return {200, absl::StrCat("degraded: the broker accepts no publishes: ",
                              snapshot.connection.blocked_reason)};
  }
  return {200, "ready"};
}

}  // namespace amqp_sidecar::app
