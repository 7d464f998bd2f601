// A broker whose topology belongs to somebody else: verify looks and declares nothing, none does
// neither.
#include "integration/limited_user.h"
#include "integration/topology_call.h"

namespace amqp_sidecar::test {
namespace {

SidecarOptions Mode(const std::string& mode, const Trio& trio, const std::string& uri = "") {
  SidecarOptions options;
  options.uri = uri;
  options.more = "topology:\n  mode: " + mode + "\n  exchanges: [{name: " + trio.exchange +
                 ", type: topic}]\n  queues: [{name: " + trio.queue +
                 "}]\n  bindings: [{queue: " + trio.queue + ", exchange: " + trio.exchange +
                 ", routing_key: \"order.*\"}]\n";
  return options;
}

void Make(Direct& direct, const Trio& trio) {
  direct.DeclareExchange(trio.exchange, "topic");
  direct.DeclareQueue(trio.queue);
  direct.Bind(trio.queue, trio.exchange, "order.*");
}

HttpAnswer Readiness(const SidecarProcess& sidecar) {
  return HttpGet(sidecar.admin_port(), "/readyz");
}

void CheckTopologyIsNotOurs(World& world, const Trio& trio, const std::string& mode) {
  const auto check_refused = [&](const Outcome& outcome) {
    INFO(outcome);
    CHECK(outcome.code == grpc::StatusCode::PERMISSION_DENIED);
    CHECK(outcome.reason == "ACCESS_REFUSED");
    CHECK_THAT(outcome.text, ContainsSubstring("topology.mode is " + mode));
  };
  using Stub = pb::TopologyService::Stub;
  const Trio more(world.names);
  check_refused(world.client.Declare(more.Request()));
  pb::DeleteQueueRequest delete_queue;
  delete_queue.set_queue(trio.queue);
  pb::DeleteQueueResponse queue_deleted;
  check_refused(Call(world.client, &Stub::DeleteQueue, delete_queue, &queue_deleted));
  pb::DeleteExchangeRequest delete_exchange;
  delete_exchange.set_exchange(trio.exchange);
  pb::DeleteExchangeResponse exchange_deleted;
  check_refused(Call(world.client, &Stub::DeleteExchange, delete_exchange, &exchange_deleted));
  pb::UnbindQueueRequest unbind;
  *unbind.mutable_binding() = trio.Request().bindings(0);
  pb::UnbindQueueResponse unbound;
  check_refused(Call(world.client, &Stub::UnbindQueue, unbind, &unbound));
  CHECK_FALSE(world.direct.ExchangeExists(more.exchange));
  CHECK_FALSE(world.direct.QueueExists(more.queue));

  CHECK(world.client.Publish(JsonMessage(trio.exchange, "order.new")).ok());
  pb::GetQueueRequest get;
  get.set_queue(trio.queue);
  pb::GetQueueResponse got;
  CHECK(Eventually(5s, [&] {
    return Call(world.client, &Stub::GetQueue, get, &got).ok() && got.message_count() == 1;
  }));
  pb::PurgeQueueRequest purge;
  purge.set_queue(trio.queue);
  pb::PurgeQueueResponse purged;
  CHECK(Call(world.client, &Stub::PurgeQueue, purge, &purged).ok());
  CHECK(purged.message_count() == 1);
}

TEST_CASE("With verify what is missing keeps the sidecar from being ready, and is not declared") {
  const RabbitmqNode node = RabbitmqNode::Shared();
  Names names(node);
  const Trio trio(names);
  const SidecarProcess sidecar(ForNode(Mode("verify", trio), node));
  REQUIRE(Eventually(10s, [&] {
    return Readiness(sidecar).body.find("topology.mode verify") != std::string::npos;
  }));
  const HttpAnswer ready = Readiness(sidecar);
  CHECK(ready.status == 503);
  CHECK_THAT(ready.body, ContainsSubstring("exchange \"" + trio.exchange + "\": it is not there"));
  CHECK_THAT(ready.body, ContainsSubstring("queue \"" + trio.queue + "\": it is not there"));
  CHECK_FALSE(names.direct().ExchangeExists(trio.exchange));
  CHECK_FALSE(names.direct().QueueExists(trio.queue));
  Make(names.direct(), trio);
  CHECK_NOTHROW(sidecar.WaitReady(15s));
}

TEST_CASE("With verify calls that change the topology are refused, and the rest goes on") {
  Names names(RabbitmqNode::Shared());
  const Trio trio(names);
  Make(names.direct(), trio);
  World world(Mode("verify", trio));
  CheckTopologyIsNotOurs(world, trio, "verify");
}

TEST_CASE("Verifying takes no permission to configure") {
  const RabbitmqNode node = RabbitmqNode::Shared();
  Names names(node);
  const Trio trio(names);
  Make(names.direct(), trio);
  const LimitedUser user(node);
  World world(Mode("verify", trio, user.uri()));
  CHECK(world.client.Publish(JsonMessage(trio.exchange, "order.new")).ok());
}

TEST_CASE("With none nothing is declared or looked for, and the sidecar is ready") {
  Names names(RabbitmqNode::Shared());
  const Trio trio(names);
  World world(Mode("none", trio));
  CHECK_FALSE(names.direct().ExchangeExists(trio.exchange));
  CHECK_FALSE(names.direct().QueueExists(trio.queue));
  CHECK(world.client.Publish(JsonMessage(trio.exchange, "order.new")).reason ==
        "EXCHANGE_NOT_FOUND");
  Make(names.direct(), trio);
  CheckTopologyIsNotOurs(world, trio, "none");
}

}  // namespace
}  // namespace amqp_sidecar::test
