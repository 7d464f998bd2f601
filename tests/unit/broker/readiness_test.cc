#include "broker/readiness.h"

#include "support/catch.h"

namespace amqp_sidecar::broker {
namespace {

Snapshot Up() {
  Snapshot snapshot;
  snapshot.connection.state = ConnectionState::kReady;
  snapshot.topology_declared = true;
  return snapshot;
}

TEST_CASE("a link with its topology declared is ready") {
  CHECK(ReadinessOf(Up()).http_code == 200);
  CHECK(ReadinessOf(Up()).text == "ready");
}

TEST_CASE("an alarm degrades, and stays in rotation") {
  Snapshot snapshot = Up();
  snapshot.connection.state = ConnectionState::kBlocked;
  snapshot.connection.blocked_reason = "low on memory";
  CHECK(ReadinessOf(snapshot).http_code == 200);
  CHECK(ReadinessOf(snapshot).text == "degraded: the broker accepts no publishes: low on memory");
}

TEST_CASE("without a link it is not ready, and says why") {
  Snapshot snapshot;
  snapshot.connection.state = ConnectionState::kBackingOff;
  snapshot.connection.endpoint = "broker:5672";
  snapshot.connection.last_error = "connection refused";
  snapshot.topology_declared = true;
  CHECK(ReadinessOf(snapshot).http_code == 503);
  CHECK(ReadinessOf(snapshot).text ==
        "not ready: no connection to broker:5672: connection refused");
}

TEST_CASE("a topology that is not declared is not ready, also during an alarm") {
  Snapshot snapshot = Up();
  snapshot.topology_declared = false;
  snapshot.topology_error = "queue billing";
  for (const auto state : {ConnectionState::kReady, ConnectionState::kBlocked}) {
    snapshot.connection.state = state;
    CHECK(ReadinessOf(snapshot).http_code == 503);
    CHECK(ReadinessOf(snapshot).text == "not ready: the topology is not declared: queue billing");
  }
}

TEST_CASE("with a connection of their own, subscriptions too must have a link") {
  Snapshot snapshot = Up();
  snapshot.consumer_connection = snapshot.connection;
  CHECK(ReadinessOf(snapshot).text == "ready");
  snapshot.consumer_connection->state = ConnectionState::kBackingOff;
  snapshot.consumer_connection->endpoint = "broker:5672";
  snapshot.consumer_connection->last_error = "connection limit";
  CHECK(ReadinessOf(snapshot).http_code == 503);
  CHECK(ReadinessOf(snapshot).text ==
        "not ready: no connection for subscriptions to broker:5672: connection limit");
}

TEST_CASE("a drain is not ready") {
  Snapshot snapshot = Up();
  snapshot.connection.state = ConnectionState::kDraining;
  CHECK(ReadinessOf(snapshot).http_code == 503);
  CHECK(ReadinessOf(snapshot).text == "not ready: shutting down");
}

}  // namespace
}  // namespace amqp_sidecar::broker
