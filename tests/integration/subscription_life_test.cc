// How a subscription begins, is interrupted, comes back and ends.
#include <signal.h>

#include "integration/world.h"

namespace amqp_sidecar::test {
namespace {

using grpc::StatusCode;

void CheckEnd(const Subscription& subscription, StatusCode code, const std::string& reason) {
  const std::optional<Outcome> end = subscription.WaitForEnd();
  REQUIRE(end);
  INFO(*end);
  CHECK(end->code == code);
  CHECK(end->reason == reason);
  CHECK(end->domain == "amqp-sidecar");
  CHECK_FALSE(end->text.empty());
}

TEST_CASE("A subscription to a queue that is not there ends with QUEUE_NOT_FOUND") {
  World world;
  Subscription subscription(world.client, "no-such-queue");
  CheckEnd(subscription, StatusCode::NOT_FOUND, "QUEUE_NOT_FOUND");
  CHECK(subscription.events().empty());
}

TEST_CASE("A subscription that names nothing to consume from is invalid") {
  World world;
  Subscription nothing(world.client, "");
  CheckEnd(nothing, StatusCode::INVALID_ARGUMENT, "INVALID_SUBSCRIPTION");
  Subscription too_much(world.client, world.names.Queue(), 65536);
  CheckEnd(too_much, StatusCode::INVALID_ARGUMENT, "INVALID_SUBSCRIPTION");
}

TEST_CASE("A subscription whose queue is deleted ends with QUEUE_NOT_FOUND, its ids are stale") {
  World world;
  const std::string queue = world.names.Queue();
  const std::string other = world.names.Queue();
  world.direct.Publish("", queue, "1");
  Subscription subscription(world.client, queue);
  Subscription bystander(world.client, other);
  REQUIRE(subscription.WaitForDeliveries(1));
  REQUIRE(bystander.WaitForEvents(1));
  world.direct.DeleteQueue(queue);
  CheckEnd(subscription, StatusCode::NOT_FOUND, "QUEUE_NOT_FOUND");
  const auto failures = world.client.Ack(Ids(subscription.deliveries()));
  REQUIRE(failures.size() == 1);
  CHECK(failures[0].reason() == "STALE_DELIVERY");

  world.direct.Publish("", other, "2");
  REQUIRE(bystander.WaitForDeliveries(1));
  CHECK(world.client.Ack(Ids(bystander.deliveries())).empty());
  CHECK(bystander.events() == Events{kSubscribed});
}

TEST_CASE("An exclusive subscription to a queue that has a consumer ends with QUEUE_EXCLUSIVE") {
  World world;
  const std::string queue = world.names.Queue();
  Subscription first(world.client, queue);
  REQUIRE(first.WaitForEvents(1));
  pb::SubscribeRequest request;
  request.set_queue(queue);
  request.set_exclusive(true);
  Subscription second(world.client, request);
  CheckEnd(second, StatusCode::FAILED_PRECONDITION, "QUEUE_EXCLUSIVE");
  CHECK(first.events() == Events{kSubscribed});
}

TEST_CASE("A subscription to a queue that another consumes exclusively ends with QUEUE_EXCLUSIVE") {
  World world;
  const std::string queue = world.names.Queue();
  pb::SubscribeRequest request;
  request.set_queue(queue);
  request.set_exclusive(true);
  Subscription first(world.client, request);
  REQUIRE(first.WaitForEvents(1));
  Subscription second(world.client, queue);
  CheckEnd(second, StatusCode::FAILED_PRECONDITION, "QUEUE_EXCLUSIVE");
}

TEST_CASE("Two subscriptions to one queue share its messages") {
  World world;
  const std::string queue = world.names.Queue();
  Subscription first(world.client, queue, 1);
  Subscription second(world.client, queue, 1);
  REQUIRE(first.WaitForEvents(1));
  REQUIRE(second.WaitForEvents(1));
  world.direct.Publish("", queue, "1");
  world.direct.Publish("", queue, "2");
  CHECK(first.WaitForDeliveries(1));
  CHECK(second.WaitForDeliveries(1));
}

TEST_CASE("A lost link interrupts a subscription, and it comes back by itself") {
  ProxiedWorld world;
  const std::string queue = world.names.Queue();
  world.direct.Publish("", queue, "1");
  Subscription subscription(world.client, queue);
  REQUIRE(subscription.WaitForDeliveries(1));
  const std::string old_id = subscription.deliveries()[0].delivery_id();
  world.proxy.Cut();
  REQUIRE(subscription.WaitForEvents(3));
  CHECK(subscription.events() == Events{kSubscribed, kInterrupted, kResubscribed});
  CHECK_FALSE(subscription.DetailOf(kInterrupted).empty());
  REQUIRE(subscription.WaitForDeliveries(2));
  const pb::Delivery again = subscription.deliveries()[1];
  CHECK(again.redelivered());
  CHECK(again.delivery_id() != old_id);

  const auto failures = world.client.Ack({old_id, again.delivery_id()});
  REQUIRE(failures.size() == 1);
  CHECK(failures[0].delivery_id() == old_id);
  CHECK(failures[0].code() == StatusCode::FAILED_PRECONDITION);
  CHECK(failures[0].reason() == "STALE_DELIVERY");
}

TEST_CASE("Every loss of the link is told, ten in a row too") {
  ProxiedWorld world;
  const std::string queue = world.names.Queue();
  Subscription subscription(world.client, queue);
  REQUIRE(subscription.WaitForEvents(1));
  Events expected = {kSubscribed};
  for (int i = 0; i < 10; ++i) {
    world.proxy.Cut();
    expected.insert(expected.end(), {kInterrupted, kResubscribed});
    REQUIRE(subscription.WaitForEvents(expected.size()));
  }
  CHECK(subscription.events() == expected);
  world.direct.Publish("", queue, "1");
  REQUIRE(subscription.WaitForDeliveries(1));
  CHECK(world.client.Ack(Ids(subscription.deliveries())).empty());
}

TEST_CASE("A subscription asked for while the broker is away waits for it") {
  ProxiedWorld world;
  const std::string queue = world.names.Queue();
  world.direct.Publish("", queue, "1");
  world.proxy.TakeAway();
  REQUIRE(
      Eventually(5s, [&] { return HttpGet(world.sidecar.admin_port(), "/readyz").status == 503; }));
  Subscription subscription(world.client, queue);
  REQUIRE(subscription.WaitForEvents(1, 3s));
  CHECK(subscription.events() == Events{kInterrupted});
  world.proxy.Restore();
  REQUIRE(subscription.WaitForEvents(2));
  CHECK(subscription.events() == Events{kInterrupted, kSubscribed});
  REQUIRE(subscription.WaitForDeliveries(1));
  CHECK(world.client.Ack(Ids(subscription.deliveries())).empty());
}

TEST_CASE("A subscription whose queue is gone after the link came back ends with QUEUE_NOT_FOUND") {
  ProxiedWorld world;
  const std::string queue = world.names.Queue();
  Subscription subscription(world.client, queue);
  REQUIRE(subscription.WaitForEvents(1));
  world.proxy.TakeAway();
  REQUIRE(subscription.WaitForEvents(2));
  world.direct.DeleteQueue(queue);
  world.proxy.Restore();
  CheckEnd(subscription, StatusCode::NOT_FOUND, "QUEUE_NOT_FOUND");
}

TEST_CASE("A subscriber that cancels gives its messages back at once") {
  World world;
  const std::string queue = world.names.Queue();
  for (int i = 0; i < 10; ++i) world.direct.Publish("", queue, std::to_string(i));
  Subscription subscription(world.client, queue);
  REQUIRE(subscription.WaitForDeliveries(10));
  subscription.Cancel();
  CHECK(Eventually(2s, [&] { return world.direct.Ready(queue) == 10; }));
  CHECK(world.direct.Consumers(queue) == 0);
}

TEST_CASE("A subscriber that is killed gives its messages back at once") {
  World world;
  const std::string queue = world.names.Queue();
  for (int i = 0; i < 10; ++i) world.direct.Publish("", queue, std::to_string(i));
  Subprocess subscriber({SidecarBinary(), "subscribe", "--address", world.sidecar.target(),
                         "--queue", queue, "--no-ack"});
  REQUIRE(Eventually(10s, [&] { return world.direct.Ready(queue) == 0; }));
  subscriber.Signal(SIGKILL);
  CHECK(Eventually(2s, [&] { return world.direct.Ready(queue) == 10; }));
  CHECK(world.direct.Get(queue)->redelivered);
}

TEST_CASE("The sidecar starts with the broker away and is ready when the broker is") {
  const RabbitmqNode node = RabbitmqNode::Shared();
  Names names(node);
  const std::string queue = names.Queue();
  TcpProxy proxy(node.port());
  proxy.TakeAway();
  SidecarOptions options;
  options.uri = proxy.uri();
  options.amqp = kFastReconnect;
  SidecarProcess sidecar(options);
  Client client(sidecar.target());
  CHECK(client.Health() == "SERVING");
  CHECK(client.Publish(JsonMessage("", queue), 300ms).reason == "BROKER_UNAVAILABLE");
  proxy.Restore();
  sidecar.WaitReady();
  CHECK(client.Publish(JsonMessage("", queue)).ok());
}

}  // namespace
}  // namespace amqp_sidecar::test
