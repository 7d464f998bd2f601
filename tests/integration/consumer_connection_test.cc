// amqp.separate_consumer_connection: a second connection for subscriptions and topology.
#include <algorithm>
#include <set>
#include <sstream>

#include "integration/topology_call.h"
#include "integration/world.h"

namespace amqp_sidecar::test {
namespace {

SidecarOptions Separate() {
  SidecarOptions options;
  options.amqp = std::string("  separate_consumer_connection: true\n") + kFastReconnect;
  return options;
}

// The sidecar's connections, by the process id on the broker's side.
std::vector<std::string> ConnectionsOf(const World& world, const std::string& name_part) {
  std::istringstream lines(
      world.node.Ctl({"-q", "list_connections", "pid", "client_properties", "--no-table-headers"}));
  std::vector<std::string> pids;
  for (std::string line; std::getline(lines, line);) {
    if (line.find(name_part) != std::string::npos) pids.push_back(line.substr(0, line.find('\t')));
  }
  return pids;
}

TEST_CASE("Subscriptions have a connection of their own, and both come back when they are closed",
          "[disturbs]") {
  World world(Separate(), RabbitmqNode::Disturbed());
  const std::string queue = world.names.Queue();
  Subscription subscription(world.client, queue);
  REQUIRE(subscription.WaitForEvents(1));
  const std::vector<std::string> all = ConnectionsOf(world, "amqp-sidecar");
  const std::vector<std::string> consuming = ConnectionsOf(world, "(consuming)");
  REQUIRE(all.size() == 2);
  REQUIRE(consuming.size() == 1);

  SECTION("the consuming one: publishes go on meanwhile") {
    world.node.Ctl({"close_connection", consuming.front(), "drill"});
    CHECK(world.client.Publish(JsonMessage("", queue)).ok());
    REQUIRE(subscription.WaitForEvents(3));
    CHECK(subscription.events() == Events{kSubscribed, kInterrupted, kResubscribed});
  }
  SECTION("the publishing one: the subscription does not notice") {
    const auto publishing =
        std::ranges::find_if(all, [&](const std::string& pid) { return pid != consuming.front(); });
    world.node.Ctl({"close_connection", *publishing, "drill"});
    CHECK(world.client.Publish(JsonMessage("", queue)).ok());
    CHECK(subscription.events() == Events{kSubscribed});
  }
  REQUIRE(subscription.WaitForDeliveries(1));
  CHECK(world.client.Ack(Ids(subscription.deliveries())).empty());
  world.sidecar.WaitReady();
}

TEST_CASE("Deliveries and acknowledgements go on during an alarm on their own connection",
          "[disturbs]") {
  World world(Separate(), RabbitmqNode::Disturbed());
  const std::string queue = world.names.Queue();
  REQUIRE(world.client.Publish(JsonMessage("", queue)).ok());
  for (int i = 0; i < 200; ++i) world.direct.Publish("", queue, "{}");
  OnExit calm([&] { world.node.Ctl({"set_vm_memory_high_watermark", "0.4"}); });
  world.node.Ctl({"set_vm_memory_high_watermark", "0.00001"});
  CHECK(world.client.Publish(JsonMessage("", queue), 1s).reason == "OUTCOME_UNKNOWN");
  CHECK(world.client.Publish(JsonMessage("", queue), 1s).reason == "BROKER_BLOCKED");

  // Far fewer than there are messages: they come only as acknowledgements are read.
  Subscription subscription(world.client, queue, 5);
  size_t acked = 0;
  CHECK(Eventually(10s, [&] {
    const std::vector<std::string> ids = Ids(subscription.deliveries());
    if (ids.size() > acked) {
      CHECK(
          world.client.Ack({ids.begin() + static_cast<std::ptrdiff_t>(acked), ids.end()}).empty());
    }
    acked = ids.size();
    return acked >= 201;
  }));
  // Topology is on that connection too.
  Trio trio(world.names);
  CHECK(world.client.Declare(trio.Request()).ok());
  const HttpAnswer ready = HttpGet(world.sidecar.admin_port(), "/readyz");
  CHECK(ready.status == 200);
  CHECK_THAT(ready.body, ContainsSubstring("degraded: "));
  CHECK(world.client.Health("amqp_sidecar.v1.SubscriberService") == "SERVING");
  CHECK(world.client.Health("amqp_sidecar.v1.PublisherService") == "NOT_SERVING");
}

TEST_CASE("An exclusive queue that the sidecar declared can be published to and consumed") {
  World world(Separate());
  pb::DeclareTopologyRequest request;
  pb::Queue* queue = request.add_queues();
  queue->set_name(world.names.Reserve("q"));
  queue->set_exclusive(true);
  REQUIRE(world.client.Declare(request).ok());
  REQUIRE(world.client.Publish(JsonMessage("", queue->name())).ok());
  Subscription subscription(world.client, queue->name());
  REQUIRE(subscription.WaitForDeliveries(1));
  CHECK(world.client.Ack(Ids(subscription.deliveries())).empty());
}

TEST_CASE("A drain ends both connections") {
  World world(Separate());
  const std::string queue = world.names.Queue();
  Subscription subscription(world.client, queue);
  REQUIRE(subscription.WaitForEvents(1));
  CHECK(world.sidecar.Stop() == 0);
  CHECK_THAT(world.sidecar.output(), !ContainsSubstring("did not answer the goodbye"));
}

}  // namespace
}  // namespace amqp_sidecar::test
