#include "app/readiness.h"

#include "support/catch.h"

namespace amqp_sidecar::app {
namespace {

broker::Snapshot Up() {
  broker::Snapshot snapshot;
  snapshot.state = broker::ConnectionState::kReady;
  snapshot.topology_declared = true;
  return snapshot;
}

TEST_CASE("a link with its topology declared is ready") {
  CHECK(ReadinessOf(Up()).http_code == 200);
  CHECK(ReadinessOf(Up()).text == "ready");
}

TEST_CASE("an alarm degrades, and stays in rotation") {
  broker::Snapshot snapshot = Up();
  snapshot.state = broker::ConnectionState::kBlocked;
  snapshot.blocked_reason = "low on memory";
  CHECK(ReadinessOf(snapshot).http_code == 200);
  CHECK(ReadinessOf(snapshot).text == "degraded: the broker accepts no publishes: low on memory");
}

TEST_CASE("without a link it is not ready, and says why") {
  broker::Snapshot snapshot;
  snapshot.state = broker::ConnectionState::kBackingOff;
  snapshot.endpoint = "broker:5672";
  snapshot.last_error = "connection refused";
  snapshot.topology_declared = true;
  CHECK(ReadinessOf(snapshot).http_code == 503);
  CHECK(ReadinessOf(snapshot).text ==
        "not ready: no connection to broker:5672: connection refused");
}

TEST_CASE("a topology that is not declared is not ready, also during an alarm") {
  broker::Snapshot snapshot = Up();
  snapshot.topology_declared = false;
  snapshot.topology_error = "queue billing";
  for (const auto state : {broker::ConnectionState::kReady, broker::ConnectionState::kBlocked}) {
    snapshot.state = state;
    CHECK(ReadinessOf(snapshot).http_code == 503);
    CHECK(ReadinessOf(snapshot).text == "not ready: the topology is not declared: queue billing");
  }
}

TEST_CASE("a drain is not ready") {
  broker::Snapshot snapshot = Up();
  snapshot.state = broker::ConnectionState::kDraining;
  CHECK(ReadinessOf(snapshot).http_code == 503);
  CHECK(ReadinessOf(snapshot).text == "not ready: shutting down");
}

}  // namespace
}  // namespace amqp_sidecar::app
