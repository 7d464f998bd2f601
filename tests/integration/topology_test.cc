// Exchanges, queues and bindings by call: declared, looked at, removed, and refused with a reason.
#include "integration/topology_call.h"

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

}  // namespace
}  // namespace amqp_sidecar::test
