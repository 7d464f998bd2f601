// Ack, Nack and Reject: what counts, what is refused with a reason, and that no settlement costs
// the subscription its channel.
#include <atomic>

#include "integration/world.h"

namespace amqp_sidecar::test {
namespace {

using grpc::StatusCode;

void PublishNumbers(World& world, const std::string& queue, int count, int from = 0) {
  for (int i = from; i < from + count; ++i) {
    world.direct.Publish("", queue, std::to_string(i));
  }
}

void CheckFailure(const pb::SettleFailure& failure, const std::string& id, StatusCode code,
                  const std::string& reason) {
  INFO(failure.ShortDebugString());
  CHECK(failure.delivery_id() == id);
  CHECK(failure.code() == code);
  CHECK(failure.reason() == reason);
  CHECK_FALSE(failure.detail().empty());
}

// Another message comes and can be acked, on the same consumer as before.
void CheckAlive(World& world, const Subscription& subscription, const std::string& queue) {
  const size_t before = subscription.deliveries().size();
  world.direct.Publish("", queue, "alive");
  REQUIRE(subscription.WaitForDeliveries(before + 1));
  CHECK(world.client.Ack({subscription.deliveries().back().delivery_id()}).empty());
  CHECK(subscription.events() == Events{kSubscribed});
}

TEST_CASE("A delivery shows the message, its queue, and that it is the first attempt") {
  World world;
  const std::string queue = world.names.Queue();
  const std::string exchange = world.names.ExchangeTo(queue, "order.*");
  Subscription subscription(world.client, queue);
  REQUIRE(subscription.WaitForEvents(1));
  CHECK(subscription.events() == Events{kSubscribed});
  REQUIRE(world.client.Publish(JsonMessage(exchange, "order.new", "{\"id\":7}")).ok());
  REQUIRE(subscription.WaitForDeliveries(1));
  const pb::Delivery delivery = subscription.deliveries()[0];
  CHECK_FALSE(delivery.delivery_id().empty());
  CHECK(delivery.queue() == queue);
  CHECK(delivery.exchange() == exchange);
  CHECK(delivery.routing_key() == "order.new");
  CHECK(delivery.body() == "{\"id\":7}");
  CHECK(delivery.properties().content_type() == "application/json");
  CHECK_FALSE(delivery.redelivered());
  CHECK(delivery.attempt() == 1);
  CHECK(delivery.invalid_reason().empty());
}

TEST_CASE("Acked messages are gone, and what was not acked goes back when the subscription ends") {
  World world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world, queue, 5);
  {
    Subscription subscription(world.client, queue);
    REQUIRE(subscription.WaitForDeliveries(5));
    const std::vector<std::string> ids = Ids(subscription.deliveries());
    // Several in one call, out of order.
    CHECK(world.client.Ack({ids[4], ids[0], ids[2]}).empty());
  }
  REQUIRE(Eventually(5s, [&] { return world.direct.Ready(queue) == 2; }));
  const std::vector<Direct::Message> rest = world.direct.Drain(queue);
  REQUIRE(rest.size() == 2);
  CHECK(rest[0].body == "1");
  CHECK(rest[1].body == "3");
  CHECK(rest[0].redelivered);
}

TEST_CASE("A nacked message comes again at once, marked as redelivered") {
  World world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world, queue, 1);
  Subscription subscription(world.client, queue);
  REQUIRE(subscription.WaitForDeliveries(1));
  CHECK(world.client.Nack(Ids(subscription.deliveries())).empty());
  REQUIRE(subscription.WaitForDeliveries(2, 2s));
  const pb::Delivery again = subscription.deliveries()[1];
  CHECK(again.body() == "0");
  CHECK(again.redelivered());
  CHECK(world.client.Ack({again.delivery_id()}).empty());
  CheckAlive(world, subscription, queue);
}

TEST_CASE("On a quorum queue a nacked message comes again as the second attempt") {
  World world;
  const std::string queue = world.names.Queue({{"x-queue-type", "quorum"}});
  PublishNumbers(world, queue, 1);
  Subscription subscription(world.client, queue);
  REQUIRE(subscription.WaitForDeliveries(1));
  CHECK(subscription.deliveries()[0].attempt() == 1);
  CHECK(world.client.Nack(Ids(subscription.deliveries())).empty());
  REQUIRE(subscription.WaitForDeliveries(2, 5s));
  const pb::Delivery again = subscription.deliveries()[1];
  CHECK(again.attempt() == 2);
  CHECK(world.client.Ack({again.delivery_id()}).empty());
}

TEST_CASE("A rejected message goes to the queue's dead-letter exchange, not back to the queue") {
  World world;
  const std::string dead = world.names.Queue();
  const std::string queue =
      world.names.Queue({{"x-dead-letter-exchange", ""}, {"x-dead-letter-routing-key", dead}});
  PublishNumbers(world, queue, 3);
  Subscription subscription(world.client, queue);
  REQUIRE(subscription.WaitForDeliveries(3));
  const std::vector<std::string> ids = Ids(subscription.deliveries());
  CHECK(world.client.Reject({ids[0], ids[1]}).empty());
  CHECK(world.client.Ack({ids[2]}).empty());
  REQUIRE(Eventually(5s, [&] { return world.direct.Ready(dead) == 2; }));
  CHECK(world.direct.Get(dead)->body == "0");
  CheckAlive(world, subscription, queue);
  CHECK(world.direct.Ready(queue) == 0);
}

TEST_CASE("Settling again in the same way is no failure") {
  World world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world, queue, 3);
  Subscription subscription(world.client, queue, 3);
  REQUIRE(subscription.WaitForDeliveries(3));
  const std::vector<std::string> ids = Ids(subscription.deliveries());
  CHECK(world.client.Ack({ids[0]}).empty());
  CHECK(world.client.Ack({ids[0]}).empty());
  CHECK(world.client.Ack({ids[1], ids[1]}).empty());
  CHECK(world.client.Reject({ids[2]}).empty());
  CHECK(world.client.Reject({ids[2]}).empty());
  CheckAlive(world, subscription, queue);
}

TEST_CASE("Settling in another way than before is refused as already settled") {
  World world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world, queue, 2);
  Subscription subscription(world.client, queue);
  REQUIRE(subscription.WaitForDeliveries(2));
  const std::vector<std::string> ids = Ids(subscription.deliveries());
  REQUIRE(world.client.Ack({ids[0]}).empty());
  for (const auto& failures : {world.client.Nack({ids[0]}), world.client.Reject({ids[0]})}) {
    REQUIRE(failures.size() == 1);
    CheckFailure(failures[0], ids[0], StatusCode::FAILED_PRECONDITION, "ALREADY_SETTLED");
  }
  REQUIRE(world.client.Reject({ids[1]}).empty());
  const auto failures = world.client.Ack({ids[1]});
  REQUIRE(failures.size() == 1);
  CheckFailure(failures[0], ids[1], StatusCode::FAILED_PRECONDITION, "ALREADY_SETTLED");
  CheckAlive(world, subscription, queue);
}

TEST_CASE("An id that was never given is unknown, and the good ones of the same call count") {
  World world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world, queue, 2);
  Subscription subscription(world.client, queue);
  REQUIRE(subscription.WaitForDeliveries(2));
  const std::vector<std::string> ids = Ids(subscription.deliveries());
  const auto failures = world.client.Ack({ids[0], "nonsense", "", ids[1], ids[1] + "x"});
  REQUIRE(failures.size() == 3);
  CheckFailure(failures[0], "nonsense", StatusCode::NOT_FOUND, "UNKNOWN_DELIVERY");
  CheckFailure(failures[1], "", StatusCode::NOT_FOUND, "UNKNOWN_DELIVERY");
  CheckFailure(failures[2], ids[1] + "x", StatusCode::NOT_FOUND, "UNKNOWN_DELIVERY");
  CheckAlive(world, subscription, queue);
  subscription.Cancel();
  REQUIRE(subscription.WaitForEnd());
  CHECK(Throughout(300ms, [&] { return world.direct.Ready(queue) == 0; }));
}

TEST_CASE("Ids of a subscription that has ended are stale") {
  World world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world, queue, 1);
  std::string id;
  {
    Subscription subscription(world.client, queue);
    REQUIRE(subscription.WaitForDeliveries(1));
    id = subscription.deliveries()[0].delivery_id();
  }
  REQUIRE(Eventually(5s, [&] { return world.direct.Ready(queue) == 1; }));
  const auto failures = world.client.Ack({id});
  REQUIRE(failures.size() == 1);
  CheckFailure(failures[0], id, StatusCode::FAILED_PRECONDITION, "STALE_DELIVERY");
  CHECK(world.direct.Ready(queue) == 1);
}

TEST_CASE("Ids from an earlier life of the sidecar are stale") {
  World world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world, queue, 1);
  std::string id;
  {
    SidecarProcess earlier(ForNode({}, world.node));
    Client client(earlier.target());
    Subscription subscription(client, queue);
    REQUIRE(subscription.WaitForDeliveries(1));
    id = subscription.deliveries()[0].delivery_id();
  }
  REQUIRE(Eventually(5s, [&] { return world.direct.Ready(queue) == 1; }));
  // The same place in the new life: its first channel, its first delivery.
  Subscription subscription(world.client, queue);
  REQUIRE(subscription.WaitForDeliveries(1));
  const auto failures = world.client.Ack({id});
  REQUIRE(failures.size() == 1);
  CheckFailure(failures[0], id, StatusCode::FAILED_PRECONDITION, "STALE_DELIVERY");
  CHECK(world.client.Ack(Ids(subscription.deliveries())).empty());
}

TEST_CASE("A delivery can be settled through another connection to the sidecar") {
  World world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world, queue, 1);
  Subscription subscription(world.client, queue);
  REQUIRE(subscription.WaitForDeliveries(1));
  Client other(world.sidecar.target());
  CHECK(other.Ack(Ids(subscription.deliveries())).empty());
  CheckAlive(world, subscription, queue);
}

TEST_CASE("Prefetch bounds what is unsettled, and settling lets the next ones come") {
  World world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world, queue, 50);
  Subscription subscription(world.client, queue, 7);
  REQUIRE(subscription.WaitForDeliveries(7));
  CHECK(Throughout(300ms, [&] { return subscription.deliveries().size() == 7; }));
  const std::vector<std::string> ids = Ids(subscription.deliveries());
  CHECK(world.client.Ack({ids[0], ids[1], ids[6]}).empty());
  REQUIRE(subscription.WaitForDeliveries(10));
  CHECK(Throughout(300ms, [&] { return subscription.deliveries().size() == 10; }));
}

TEST_CASE("The configured prefetch holds where the request names none") {
  SidecarOptions options;
  options.more = "subscribe: {default_prefetch: 3}\n";
  World world(options);
  const std::string queue = world.names.Queue();
  PublishNumbers(world, queue, 10);
  Subscription subscription(world.client, queue);
  REQUIRE(subscription.WaitForDeliveries(3));
  CHECK(Throughout(300ms, [&] { return subscription.deliveries().size() == 3; }));
}

TEST_CASE("A thousand deliveries are each acked once, in calls of many ids") {
  World world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world, queue, 1000);
  std::vector<std::string> unsettled;
  std::atomic<size_t> acked = 0;
  Subscription subscription(world.client, queue, 100, [&](const pb::Delivery& delivery) {
    unsettled.push_back(delivery.delivery_id());
    if (unsettled.size() < 20) return;
    acked += world.client.Ack(unsettled).empty() ? unsettled.size() : 0;
    unsettled.clear();
  });
  REQUIRE(Eventually(20s, [&] { return acked == 1000; }));
  subscription.Cancel();
  REQUIRE(subscription.WaitForEnd());
  CHECK(Eventually(5s, [&] { return world.direct.Consumers(queue) == 0; }));
  CHECK(world.direct.Ready(queue) == 0);
  CHECK(subscription.deliveries().size() == 1000);
}

}  // namespace
}  // namespace amqp_sidecar::test
