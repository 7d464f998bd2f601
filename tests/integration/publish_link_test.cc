// A publish while the link is lost, silent or full: what it waits for, and what it is told.
#include "integration/world.h"

namespace amqp_sidecar::test {
namespace {

using grpc::StatusCode;

TEST_CASE("A publish over the bound on messages in flight is refused at once") {
  SidecarOptions options;
  options.more = "limits: {max_in_flight_messages: 10}\n";
  ProxiedWorld world(options);
  const std::string queue = world.names.Queue();
  REQUIRE(world.client.Publish(JsonMessage("", queue)).ok());
  world.proxy.MuteBroker();
  const std::vector<pb::PublishRequest> requests(11, JsonMessage("", queue));
  const std::vector<Outcome> outcomes =
      world.client.PublishAll(requests, 11, 8s, [&](size_t) { world.proxy.Restore(); });
  int refused = 0;
  for (const Outcome& outcome : outcomes) {
    if (outcome.ok()) continue;
    ++refused;
    CheckFailure(outcome, StatusCode::RESOURCE_EXHAUSTED, "LIMIT_EXCEEDED", "NO");
    CHECK(outcome.took < 2s);
  }
  CHECK(refused == 1);
  CHECK(Eventually(5s, [&] { return world.direct.Ready(queue) == 11; }));
}

TEST_CASE("A publish over the bound on bytes in flight is refused at once") {
  SidecarOptions options;
  options.more = "limits: {max_in_flight_bytes: 100000, max_message_bytes: 100000}\n";
  ProxiedWorld world(options);
  const std::string queue = world.names.Queue();
  REQUIRE(world.client.Publish(JsonMessage("", queue)).ok());
  world.proxy.MuteBroker();
  const std::string body = "\"" + std::string(60000, 'a') + "\"";
  const std::vector<pb::PublishRequest> requests(2, JsonMessage("", queue, body));
  const std::vector<Outcome> outcomes =
      world.client.PublishAll(requests, 2, 8s, [&](size_t) { world.proxy.Restore(); });
  REQUIRE(outcomes[0].ok() != outcomes[1].ok());
  CheckFailure(outcomes[0].ok() ? outcomes[1] : outcomes[0], StatusCode::RESOURCE_EXHAUSTED,
               "LIMIT_EXCEEDED", "NO");
}

TEST_CASE(
    "With the broker away a publish waits for its deadline and then says that it is not there") {
  ProxiedWorld world;
  const std::string queue = world.names.Queue();
  world.proxy.TakeAway();
  const Outcome outcome = world.client.Publish(JsonMessage("", queue), 1s);
  CheckFailure(outcome, StatusCode::UNAVAILABLE, "BROKER_UNAVAILABLE", "NO");
  CHECK(outcome.took > 500ms);
  CHECK(outcome.took < 1100ms);
  CHECK(world.direct.Ready(queue) == 0);
}

TEST_CASE("A caller that names no deadline gets five seconds") {
  ProxiedWorld world;
  world.proxy.TakeAway();
  const Outcome outcome = world.client.Publish(JsonMessage("", "any"), 0ms);
  CheckFailure(outcome, StatusCode::UNAVAILABLE, "BROKER_UNAVAILABLE", "NO");
  CHECK(outcome.took > 4s);
  CHECK(outcome.took < 6s);
}

TEST_CASE("With the login refused a publish says so, and never the password") {
  const RabbitmqNode node = RabbitmqNode::Shared();
  SidecarOptions options;
  options.uri = "amqp://guest:Wr0ngSecret@127.0.0.1:" + std::to_string(node.port()) + "/";
  options.more = "log: {level: debug}\n";
  SidecarProcess sidecar(options);
  Client client(sidecar.target());
  Outcome outcome;
  CHECK(Eventually(10s, [&] {
    outcome = client.Publish(JsonMessage("", "any"), 1s);
    return outcome.text.find("refused") != std::string::npos;
  }));
  CheckFailure(outcome, StatusCode::UNAVAILABLE, "BROKER_UNAVAILABLE", "NO");
  CHECK(outcome.text.find("Wr0ngSecret") == std::string::npos);
  CHECK(HttpGet(sidecar.admin_port(), "/readyz").body.find("Wr0ngSecret") == std::string::npos);
  CHECK(sidecar.Stop() == 0);
  CHECK(sidecar.output().find("Wr0ngSecret") == std::string::npos);
}

TEST_CASE("A publish whose confirm does not come by its deadline is unknown") {
  ProxiedWorld world;
  const std::string queue = world.names.Queue();
  REQUIRE(world.client.Publish(JsonMessage("", queue)).ok());
  world.proxy.MuteBroker();
  const Outcome outcome = world.client.Publish(JsonMessage("", queue), 1s);
  CheckFailure(outcome, StatusCode::DEADLINE_EXCEEDED, "OUTCOME_UNKNOWN", "UNKNOWN");
  CHECK(outcome.took < 1100ms);
  CHECK(Eventually(5s, [&] { return world.direct.Ready(queue) == 2; }));
  world.proxy.Restore();
  CHECK(world.client.Publish(JsonMessage("", queue)).ok());
}

TEST_CASE("A publish whose link is lost before the confirm and does not come back is unknown") {
  ProxiedWorld world;
  const std::string queue = world.names.Queue();
  REQUIRE(world.client.Publish(JsonMessage("", queue)).ok());
  world.proxy.MuteBroker();
  auto answer = InBackground([&] { return world.client.Publish(JsonMessage("", queue), 3s); });
  CHECK(Eventually(2s, [&] { return world.direct.Ready(queue) == 2; }));
  world.proxy.TakeAway();
  const Outcome outcome = answer.get();
  INFO(outcome);
  CHECK((outcome.code == StatusCode::UNAVAILABLE || outcome.code == StatusCode::DEADLINE_EXCEEDED));
  CHECK(outcome.reason == "OUTCOME_UNKNOWN");
  CHECK(outcome.persisted == "UNKNOWN");
}

TEST_CASE("A publish whose link is lost before the confirm is published again on the next one") {
  ProxiedWorld world;
  const std::string queue = world.names.Queue();
  REQUIRE(world.client.Publish(JsonMessage("", queue)).ok());
  world.proxy.MuteBroker();
  auto answer = InBackground([&] { return world.client.Publish(JsonMessage("", queue), 10s); });
  CHECK(Eventually(5s, [&] { return world.direct.Ready(queue) == 2; }));
  world.proxy.TakeAway();
  world.proxy.Restore();
  const Outcome outcome = answer.get();
  INFO(outcome);
  CHECK(outcome.ok());
  REQUIRE(Eventually(5s, [&] { return world.direct.Ready(queue) == 3; }));
  const std::vector<Direct::Message> all = world.direct.Drain(queue);
  REQUIRE(all.size() == 3);
  CHECK(all[1].message_id == outcome.message_id);
  CHECK(all[2].message_id == outcome.message_id);
}

TEST_CASE("A publish that waits for the broker is sent once it is there") {
  ProxiedWorld world;
  const std::string queue = world.names.Queue();
  world.proxy.TakeAway();
  auto answer = InBackground([&] { return world.client.Publish(JsonMessage("", queue), 10s); });
  CHECK(Throughout(300ms, [&] { return answer.wait_for(0s) != std::future_status::ready; }));
  world.proxy.Restore();
  const Outcome outcome = answer.get();
  INFO(outcome);
  CHECK(outcome.ok());
  CHECK(Eventually(5s, [&] { return world.direct.Ready(queue) == 1; }));
}

}  // namespace
}  // namespace amqp_sidecar::test
