// Exchanges, queues and bindings: by call and by file, and again after a reconnect.
#include "integration/world.h"

namespace amqp_sidecar::test {
namespace {

using grpc::StatusCode;

void CheckFailure(const Outcome& outcome, StatusCode code, const std::string& reason) {
  INFO(outcome);
  CHECK(outcome.code == code);
  CHECK(outcome.reason == reason);
  CHECK(outcome.domain == "amqp-sidecar");
  CHECK_FALSE(outcome.text.empty());
}

// One exchange, one queue and the binding between them.
struct Trio {
  explicit Trio(Names& names) : exchange(names.Reserve("x")), queue(names.Reserve("q")) {}

  pb::DeclareTopologyRequest Request() const {
    pb::DeclareTopologyRequest request;
    pb::Exchange* x = request.add_exchanges();
    x->set_name(exchange);
    x->set_type("topic");
    request.add_queues()->set_name(queue);
    pb::Binding* binding = request.add_bindings();
    binding->set_exchange(exchange);
    binding->set_queue(queue);
    binding->set_routing_key("order.*");
    return request;
  }

  std::string exchange;
  std::string queue;
};

template <typename Request, typename Response>
Outcome Call(Client& client,
             grpc::Status (pb::TopologyService::Stub::*method)(grpc::ClientContext*, const Request&,
                                                               Response*),
             const Request& request, Response* response) {
  grpc::ClientContext context;
  SetDeadline(context, 10s);
  return OutcomeOf((client.topology().*method)(&context, request, response));
}

Outcome GetQueue(Client& client, const std::string& queue, pb::GetQueueResponse* response) {
  pb::GetQueueRequest request;
  request.set_queue(queue);
  return Call(client, &pb::TopologyService::Stub::GetQueue, request, response);
}

TEST_CASE("Declared topology routes, and declaring it again is OK") {
  World world;
  const Trio trio(world.names);
  CHECK(world.client.Publish(JsonMessage(trio.exchange, "order.new")).reason ==
        "EXCHANGE_NOT_FOUND");
  for (int i = 0; i < 2; ++i) {
    grpc::ClientContext context;
    SetDeadline(context, 10s);
    pb::DeclareTopologyResponse response;
    const Outcome outcome =
        OutcomeOf(world.client.topology().DeclareTopology(&context, trio.Request(), &response));
    INFO(outcome);
    REQUIRE(outcome.ok());
    REQUIRE(response.queue_names_size() == 1);
    CHECK(response.queue_names(0) == trio.queue);
  }
  CHECK(world.client.Publish(JsonMessage(trio.exchange, "order.new")).ok());
  CHECK(world.client.Publish(JsonMessage(trio.exchange, "other")).reason == "UNROUTABLE");
}

TEST_CASE("Queue types and arguments reach the broker") {
  World world;
  const std::string queue = world.names.Reserve("quorum");
  pb::DeclareTopologyRequest request;
  pb::Queue* quorum = request.add_queues();
  quorum->set_name(queue);
  quorum->set_type(pb::QUEUE_TYPE_QUORUM);
  (*quorum->mutable_arguments())["x-max-length"].set_int_value(5);
  REQUIRE(world.client.Declare(request).ok());
  // The broker takes the same again and nothing else.
  CHECK_NOTHROW(
      world.direct.DeclareQueue(queue, {{"x-queue-type", "quorum"}, {"x-max-length", int64_t{5}}}));
  CHECK_THROWS(world.direct.DeclareQueue(queue));
}

TEST_CASE("The broker names a queue that the request does not, and it is this sidecar's alone") {
  World world;
  pb::DeclareTopologyRequest request;
  request.add_queues()->set_exclusive(true);
  grpc::ClientContext context;
  SetDeadline(context, 10s);
  pb::DeclareTopologyResponse response;
  REQUIRE(world.client.topology().DeclareTopology(&context, request, &response).ok());
  REQUIRE(response.queue_names_size() == 1);
  CHECK_FALSE(response.queue_names(0).empty());
  CHECK(world.client.Publish(JsonMessage("", response.queue_names(0))).ok());
}

TEST_CASE("A queue that exists with other properties is a conflict that names it") {
  World world;
  const std::string queue = world.names.Queue({{"x-max-length", int64_t{5}}});
  const std::string busy = world.names.Queue();
  Subscription subscription(world.client, busy);
  REQUIRE(subscription.WaitForEvents(1));
  pb::DeclareTopologyRequest request;
  request.add_queues()->set_name(queue);
  const Outcome outcome = world.client.Declare(request);
  CheckFailure(outcome, StatusCode::FAILED_PRECONDITION, "TOPOLOGY_CONFLICT");
  CHECK_THAT(outcome.text, ContainsSubstring(queue));
  CHECK_THAT(outcome.text, ContainsSubstring("x-max-length"));

  request.Clear();
  const std::string exchange = world.names.Exchange("fanout");
  request.add_exchanges()->set_name(exchange);
  const Outcome other = world.client.Declare(request);
  CheckFailure(other, StatusCode::FAILED_PRECONDITION, "TOPOLOGY_CONFLICT");
  CHECK_THAT(other.text, ContainsSubstring(exchange));

  // The rest of the connection's work goes on.
  CHECK(world.client.Publish(JsonMessage("", busy)).ok());
  CHECK(subscription.WaitForDeliveries(1));
  CHECK(subscription.events() == Events{kSubscribed});
}

TEST_CASE("Bindings of what is not there are refused with what is missing") {
  World world;
  pb::DeclareTopologyRequest request;
  pb::Binding* binding = request.add_bindings();
  binding->set_queue(world.names.Queue());
  binding->set_exchange("no-such-exchange");
  CheckFailure(world.client.Declare(request), StatusCode::NOT_FOUND, "EXCHANGE_NOT_FOUND");
  binding->set_queue("no-such-queue");
  binding->set_exchange(world.names.Exchange("topic"));
  CheckFailure(world.client.Declare(request), StatusCode::NOT_FOUND, "QUEUE_NOT_FOUND");
}

TEST_CASE("Topology that cannot be valid is refused, and the link lives") {
  World world;
  const std::string queue = world.names.Queue();
  Subscription subscription(world.client, queue);
  REQUIRE(subscription.WaitForEvents(1));
  pb::DeclareTopologyRequest request;
  request.add_exchanges()->set_type("topic");
  CheckFailure(world.client.Declare(request), StatusCode::INVALID_ARGUMENT, "INVALID_TOPOLOGY");
  request.Clear();
  request.add_queues()->set_name(std::string(256, 'q'));
  CheckFailure(world.client.Declare(request), StatusCode::INVALID_ARGUMENT, "INVALID_TOPOLOGY");
  CHECK(subscription.events() == Events{kSubscribed});
}

// The broker answers an unknown type by closing the connection.
TEST_CASE("An exchange of a type that the broker does not know is refused, and work goes on") {
  World world;
  const std::string queue = world.names.Queue();
  pb::DeclareTopologyRequest request;
  request.add_exchanges()->set_name(world.names.Reserve("odd"));
  request.mutable_exchanges(0)->set_type("no-such-type");
  CheckFailure(world.client.Declare(request), StatusCode::INVALID_ARGUMENT, "INVALID_TOPOLOGY");
  CHECK(world.client.Publish(JsonMessage("", queue)).ok());
  world.sidecar.WaitReady();
}

TEST_CASE("A name that the broker reserves is refused") {
  World world;
  pb::DeclareTopologyRequest request;
  request.add_queues()->set_name("amq.mine");
  CheckFailure(world.client.Declare(request), StatusCode::PERMISSION_DENIED, "ACCESS_REFUSED");
}

TEST_CASE("GetQueue counts messages and consumers, and misses what is not there") {
  World world;
  const std::string queue = world.names.Queue();
  world.direct.Publish("", queue, "1");
  world.direct.Publish("", queue, "2");
  pb::GetQueueResponse response;
  REQUIRE(Eventually(5s, [&] {
    return GetQueue(world.client, queue, &response).ok() && response.message_count() == 2;
  }));
  CHECK(response.queue() == queue);
  CHECK(response.consumer_count() == 0);
  Subscription subscription(world.client, queue);
  REQUIRE(subscription.WaitForDeliveries(2));
  CHECK(GetQueue(world.client, queue, &response).ok());
  CHECK(response.consumer_count() == 1);
  CHECK(response.message_count() == 0);
  CheckFailure(GetQueue(world.client, "no-such-queue", &response), StatusCode::NOT_FOUND,
               "QUEUE_NOT_FOUND");
}

TEST_CASE("DeleteQueue deletes, says how many messages went with it, and misses nothing") {
  World world;
  const std::string queue = world.names.Queue();
  world.direct.Publish("", queue, "1");
  REQUIRE(Eventually(5s, [&] { return world.direct.Ready(queue) == 1; }));
  pb::DeleteQueueRequest request;
  request.set_queue(queue);
  request.set_if_empty(true);
  pb::DeleteQueueResponse response;
  const auto remove = [&] {
    return Call(world.client, &pb::TopologyService::Stub::DeleteQueue, request, &response);
  };
  CheckFailure(remove(), StatusCode::FAILED_PRECONDITION, "QUEUE_NOT_EMPTY");
  request.set_if_empty(false);
  request.set_if_unused(true);
  {
    Subscription subscription(world.client, queue);
    REQUIRE(subscription.WaitForDeliveries(1));
    CheckFailure(remove(), StatusCode::FAILED_PRECONDITION, "QUEUE_IN_USE");
  }
  REQUIRE(Eventually(5s, [&] { return world.direct.Ready(queue) == 1; }));
  REQUIRE(remove().ok());
  CHECK(response.message_count() == 1);
  CHECK_FALSE(world.direct.QueueExists(queue));
  CHECK(remove().ok());
}

TEST_CASE("DeleteExchange deletes, and publishes to it are told") {
  World world;
  const Trio trio(world.names);
  REQUIRE(world.client.Declare(trio.Request()).ok());
  REQUIRE(world.client.Publish(JsonMessage(trio.exchange, "order.new")).ok());
  pb::DeleteExchangeRequest request;
  request.set_exchange(trio.exchange);
  pb::DeleteExchangeResponse response;
  const auto remove = [&] {
    return Call(world.client, &pb::TopologyService::Stub::DeleteExchange, request, &response);
  };
  CHECK(remove().ok());
  CHECK(remove().ok());
  CHECK_FALSE(world.direct.ExchangeExists(trio.exchange));
  CHECK(world.client.Publish(JsonMessage(trio.exchange, "order.new")).reason ==
        "EXCHANGE_NOT_FOUND");
}

TEST_CASE("PurgeQueue drops what waits, not what is unsettled") {
  World world;
  const std::string queue = world.names.Queue();
  for (int i = 0; i < 5; ++i) world.direct.Publish("", queue, std::to_string(i));
  Subscription subscription(world.client, queue, 2);
  REQUIRE(subscription.WaitForDeliveries(2));
  REQUIRE(Eventually(5s, [&] { return world.direct.Ready(queue) == 3; }));
  pb::PurgeQueueRequest request;
  request.set_queue(queue);
  pb::PurgeQueueResponse response;
  REQUIRE(Call(world.client, &pb::TopologyService::Stub::PurgeQueue, request, &response).ok());
  CHECK(response.message_count() == 3);
  CHECK(world.client.Ack(Ids(subscription.deliveries())).empty());
  request.set_queue("no-such-queue");
  CheckFailure(Call(world.client, &pb::TopologyService::Stub::PurgeQueue, request, &response),
               StatusCode::NOT_FOUND, "QUEUE_NOT_FOUND");
}

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
