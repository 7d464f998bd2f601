// Topology by file, and that it is all there again after a reconnect.
#include "integration/topology_call.h"

namespace amqp_sidecar::test {
namespace {

TEST_CASE("What was declared by call is there again after a reconnect, what was removed is not") {
  ProxiedWorld world;
  const Trio kept(world.names);
  const Trio removed(world.names);
  REQUIRE(world.client.Declare(kept.Request()).ok());
  REQUIRE(world.client.Declare(removed.Request()).ok());
  pb::UnbindQueueRequest unbind;
  *unbind.mutable_binding() = removed.Request().bindings(0);
  pb::UnbindQueueResponse unbound;
  REQUIRE(Call(world.client, &pb::TopologyService::Stub::UnbindQueue, unbind, &unbound).ok());
  CHECK(world.client.Publish(JsonMessage(removed.exchange, "order.new")).reason == "UNROUTABLE");
  const std::string gone = world.names.Reserve("gone");
  pb::DeclareTopologyRequest request;
  request.add_queues()->set_name(gone);
  REQUIRE(world.client.Declare(request).ok());
  pb::DeleteQueueRequest remove;
  remove.set_queue(gone);
  pb::DeleteQueueResponse response;
  REQUIRE(Call(world.client, &pb::TopologyService::Stub::DeleteQueue, remove, &response).ok());

  world.proxy.TakeAway();
  world.direct.DeleteQueue(kept.queue);
  world.direct.DeleteExchange(kept.exchange);
  world.proxy.Restore();
  world.sidecar.WaitReady();
  CHECK(world.client.Publish(JsonMessage(kept.exchange, "order.new")).ok());
  CHECK(world.client.Publish(JsonMessage(removed.exchange, "order.new")).reason == "UNROUTABLE");
  CHECK_FALSE(world.direct.QueueExists(gone));
}

// The call waits for the link with the topology, which is then declared from what is kept.
TEST_CASE("What is deleted by call while the broker is away is not there after the reconnect") {
  ProxiedWorld world;
  const Trio kept(world.names);
  const Trio removed(world.names);
  REQUIRE(world.client.Declare(kept.Request()).ok());
  REQUIRE(world.client.Declare(removed.Request()).ok());
  world.proxy.TakeAway();
  auto deleted = InBackground([&] {
    pb::DeleteQueueRequest remove;
    remove.set_queue(removed.queue);
    pb::DeleteQueueResponse response;
    return Call(world.client, &pb::TopologyService::Stub::DeleteQueue, remove, &response);
  });
  CHECK(Throughout(200ms, [&] { return deleted.wait_for(0s) != std::future_status::ready; }));
  world.proxy.Restore();
  const Outcome outcome = deleted.get();
  INFO(outcome);
  CHECK(outcome.ok());
  world.sidecar.WaitReady();
  CHECK_FALSE(world.direct.QueueExists(removed.queue));
  CHECK(world.client.Publish(JsonMessage(removed.exchange, "order.new")).reason == "UNROUTABLE");
  CHECK(world.client.Publish(JsonMessage(kept.exchange, "order.new")).ok());
}

// Queues on the shared node that a sidecar makes by its configuration, gone with the object.
class ConfiguredQueues {
 public:
  explicit ConfiguredQueues(size_t count) {
    for (size_t i = 0; i < count; ++i) names_.push_back(UniqueName("filler"));
  }
  ~ConfiguredQueues() {
    Direct direct(RabbitmqNode::Shared().port());
    Delete(direct);
  }
  ConfiguredQueues(const ConfiguredQueues&) = delete;
  ConfiguredQueues& operator=(const ConfiguredQueues&) = delete;

  void Delete(Direct& direct) const {
    for (const std::string& name : names_) direct.DeleteQueue(name);
  }
  std::string Yaml() const {
    std::string yaml;
    for (const std::string& name : names_) yaml += "    - {name: " + name + "}\n";
    return yaml;
  }

 private:
  std::vector<std::string> names_;
};

TEST_CASE("Configured topology is declared at start and again after a reconnect") {
  const RabbitmqNode node = RabbitmqNode::Shared();
  Names names(node);
  const std::string exchange = names.Reserve("x");
  const std::string queue = names.Reserve("q");
  const std::string dead = names.Reserve("dead");
  SidecarOptions options;
  options.more = "topology:\n  exchanges: [{name: " + exchange + ", type: topic}]\n  queues:\n" +
                 "    - name: " + queue + "\n      arguments: {x-dead-letter-exchange: '', " +
                 "x-dead-letter-routing-key: " + dead + ", x-max-length: 100}\n" +
                 "    - {name: " + dead + ", type: quorum}\n" + "  bindings: [{queue: " + queue +
                 ", exchange: " + exchange + ", routing_key: \"order.*\"}]\n";
  ProxiedWorld world(options);
  CHECK(world.client.Publish(JsonMessage(exchange, "order.new")).ok());
  CHECK_NOTHROW(world.direct.DeclareQueue(queue, {{"x-dead-letter-exchange", ""},
                                                  {"x-dead-letter-routing-key", dead},
                                                  {"x-max-length", int64_t{100}}}));
  CHECK_NOTHROW(world.direct.DeclareQueue(dead, {{"x-queue-type", "quorum"}}));
  world.proxy.TakeAway();
  world.direct.DeleteQueue(queue);
  world.direct.DeleteExchange(exchange);
  world.proxy.Restore();
  CHECK(world.client.Publish(JsonMessage(exchange, "order.new")).ok());
  world.sidecar.WaitReady();
  CHECK(world.direct.QueueExists(queue));
}

// The queue is the last of many, so that a publish that went first would be unroutable. The default
// exchange needs no look at the exchange, which would hold the publish up as well.
TEST_CASE("After a reconnect publishes wait until the topology is declared again") {
  const ConfiguredQueues fillers(40);
  Names names(RabbitmqNode::Shared());
  const std::string queue = names.Reserve("q");
  SidecarOptions options;
  options.more = "topology:\n  queues:\n" + fillers.Yaml() + "    - {name: " + queue + "}\n";
  ProxiedWorld world(options);
  world.proxy.TakeAway();
  fillers.Delete(world.direct);
  world.direct.DeleteQueue(queue);
  auto answers = InBackground(
      [&] { return world.client.PublishAll(std::vector(50, JsonMessage("", queue)), 50, 10s); });
  CHECK(Throughout(200ms, [&] { return answers.wait_for(0s) != std::future_status::ready; }));
  world.proxy.Restore();
  for (const Outcome& outcome : answers.get()) {
    INFO(outcome);
    CHECK(outcome.ok());
  }
}

TEST_CASE(
    "Configured topology that conflicts with the broker's keeps the sidecar from being ready") {
  const RabbitmqNode node = RabbitmqNode::Shared();
  Names names(node);
  const std::string queue = names.Queue({{"x-max-length", int64_t{5}}});
  SidecarOptions options = ForNode({}, node);
  options.more = "topology:\n  queues: [{name: " + queue + "}]\n";
  SidecarProcess sidecar(options);
  REQUIRE(Eventually(10s, [&] {
    return HttpGet(sidecar.admin_port(), "/readyz").body.find(queue) != std::string::npos;
  }));
  const HttpAnswer ready = HttpGet(sidecar.admin_port(), "/readyz");
  CHECK(ready.status == 503);
  CHECK_THAT(ready.body, ContainsSubstring("not ready: "));
}

}  // namespace
}  // namespace amqp_sidecar::test
