// Retries when something is amiss: the link, the broker, the shutdown, or the message itself.
// Nothing is lost by them, whatever comes twice.
#include <signal.h>

#include <set>

#include "integration/subscribing.h"

namespace amqp_sidecar::test {
namespace {

using grpc::StatusCode;

std::string WaitQueue(const std::string& queue, int ms) {
  return "amqp-sidecar.wait." + std::to_string(ms) + "ms." + queue;
}

TEST_CASE("Messages that fail while the link is lost again and again are none of them lost") {
  ProxiedWorld world;
  const std::string queue = world.names.Queue();
  constexpr int kCount = 300;
  PublishNumbers(world.direct, queue, kCount);
  SubscribeStream stream(world.client, WithRetry(RequestFor(queue, 20), 0, 20ms));
  std::set<std::string> done;
  size_t taken = 0;
  int cuts = 0;
  // Each is nacked until it says that it is not the first attempt.
  REQUIRE(Eventually(60s, [&] {
    if (!stream.WaitForDeliveries(taken + 1, 100ms)) return done.size() == kCount;
    const pb::Delivery delivery = stream.Next().delivery;
    ++taken;
    if (taken % 60 == 0 && cuts < 8) {
      ++cuts;
      world.proxy.Cut();
    }
    if (delivery.attempt() == 1) {
      stream.Nack({delivery.delivery_id()});
      return false;
    }
    // A stale one comes again.
    if (world.client.Ack({delivery.delivery_id()}).empty()) done.insert(delivery.body());
    return false;
  }));
  CHECK(cuts >= 5);
  CHECK(Eventually(5s, [&] { return world.direct.Ready(WaitQueue(queue, 20)) == 0; }));
  CHECK_FALSE(world.direct.QueueExists(world.names.DeadOf(queue)));
}

TEST_CASE("Retries work where subscriptions have a connection of their own") {
  SidecarOptions options;
  options.amqp = "  separate_consumer_connection: true\n";
  World world(options);
  const std::string exchange = world.names.Exchange("topic");
  const std::string dead = world.names.Queue();
  const std::string named = world.names.Queue();
  world.direct.Bind(named, exchange, "#");
  const std::string dlx = world.names.ExchangeTo(dead, "#");
  // A queue that only that connection may touch, and one of everybody's.
  const pb::SubscribeRequest own = WithBinding({}, exchange, "#");
  for (const pb::SubscribeRequest& request : {own, RequestFor(named)}) {
    SubscribeStream stream(world.client, WithDeadLetters(WithRetry(request, 2, 20ms), dlx));
    REQUIRE(stream.WaitForEvents(1));
    if (request.queue().empty()) {
      REQUIRE(world.client.Publish(JsonMessage(exchange, "order")).ok());
    }
    REQUIRE(stream.Nack({stream.Next().id()}));
    const SubscribeStream::Arrival second = stream.Next();
    CHECK(second.delivery.attempt() == 2);
    REQUIRE(stream.Nack({second.id()}));
    REQUIRE(Eventually(5s, [&] { return world.direct.Ready(dead) == 1; }));
    CHECK(world.direct.Get(dead)->headers.at("x-sidecar-attempts").text == "2");
    CHECK(stream.failures().empty());
  }
}

TEST_CASE("A message that is nacked with a delay as the sidecar ends is there once, and waits") {
  SidecarOptions options;
  options.more = "drain_timeout: 5s\n";
  World world(options);
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 20);
  SubscribeStream stream(world.client, queue);
  REQUIRE(stream.WaitForDeliveries(20));
  REQUIRE(stream.Nack(Ids(stream.deliveries()), 1h));
  world.sidecar.Signal(SIGTERM);
  CHECK(world.sidecar.Wait(10s) == 0);
  const std::string wait = WaitQueue(queue, 3'600'000);
  // What it had not read of the stream yet goes back.
  CHECK(Eventually(5s, [&] {
    const uint32_t waiting = world.direct.QueueExists(wait) ? world.direct.Ready(wait) : 0;
    return waiting + world.direct.Ready(queue) == 20;
  }));
  world.direct.DeleteQueue(wait);
}

TEST_CASE("One nack delays the deliveries of several subscriptions, each back to its own queue") {
  World world;
  const std::string one = world.names.Queue();
  const std::string two = world.names.Queue({{"x-queue-type", "quorum"}});
  PublishNumbers(world.direct, one, 1, 1);
  PublishNumbers(world.direct, two, 1, 2);
  SubscribeStream first(world.client, one);
  SubscribeStream second(world.client, two);
  REQUIRE(first.Nack({first.Next().id(), "nonsense", second.Next().id()}, 50ms));
  CHECK(first.Next().delivery.body() == "1");
  CHECK(second.Next().delivery.body() == "2");
  REQUIRE(first.WaitForFailures(1));
  CHECK(first.failures().size() == 1);
  CHECK(first.failures()[0].delivery_id() == "nonsense");
  CHECK(second.failures().empty());
}

TEST_CASE("Headers that somebody forged in the sidecar's name mislead nobody") {
  World world;
  const std::string queue = world.names.Queue();
  Direct::Message message;
  message.body = "forged";
  message.headers["x-sidecar-retry"] = {'S', "junk"};
  message.headers["x-sidecar-attempts"] = {'l', "99"};
  message.headers["x-sidecar-reason"] = {'S', "none"};
  message.headers["own"] = {'S', "kept"};
  world.direct.Publish("", queue, message);
  message.headers["x-sidecar-retry"] = {'l', "-1"};
  world.direct.Publish("", queue, message);
  SubscribeStream stream(world.client, WithRetry(RequestFor(queue), 2, 20ms));
  REQUIRE(stream.WaitForDeliveries(2));
  for (const pb::Delivery& delivery : stream.deliveries()) CHECK(delivery.attempt() == 1);
  REQUIRE(stream.Nack(Ids(stream.deliveries())));
  REQUIRE(stream.WaitForDeliveries(4));
  const std::vector<pb::Delivery> all = stream.deliveries();
  for (const size_t i : {2, 3}) {
    CHECK(all[i].attempt() == 2);
    CHECK(all[i].properties().headers().at("own").string_value() == "kept");
  }
  REQUIRE(stream.Nack({all[2].delivery_id(), all[3].delivery_id()}));
  const std::string dead = world.names.DeadOf(queue);
  REQUIRE(Eventually(
      5s, [&] { return world.direct.QueueExists(dead) && world.direct.Ready(dead) == 2; }));
  CHECK(world.direct.Get(dead)->headers.at("x-sidecar-attempts").text == "2");
  CHECK(world.direct.Get(dead)->headers.at("x-sidecar-reason").text != "none");
}

// AMQP's header frame must hold all of them, and the sidecar's own find no room.
TEST_CASE("A message whose headers fill their frame is not moved, not lost, and costs nobody") {
  World world;
  const std::string queue = world.names.Queue();
  const std::string dead = world.names.Queue();
  Direct::Message message;
  message.body = "full";
  message.headers["fill"] = {'S', std::string(131'000, 'f')};
  world.direct.Publish("", queue, message);
  SubscribeStream bystander(world.client, world.names.Queue());
  SubscribeStream stream(world.client, WithDeadLetters(WithRetry(RequestFor(queue), 5, 20ms),
                                                       world.names.ExchangeTo(dead, "#")));
  const std::string first = stream.Next().id();
  REQUIRE(stream.Nack({first}));
  REQUIRE(stream.WaitForFailures(1));
  CheckSettleFailure(stream.failures()[0], first, StatusCode::UNAVAILABLE, "NOT_MOVED");
  const std::string second = stream.Next().id();
  REQUIRE(stream.Reject({second}));
  REQUIRE(stream.WaitForFailures(2));
  CheckSettleFailure(stream.failures()[1], second, StatusCode::UNAVAILABLE, "NOT_MOVED");
  const SubscribeStream::Arrival third = stream.Next();
  CHECK(third.delivery.body() == "full");
  CHECK(third.delivery.properties().headers().at("fill").string_value().size() == 131'000);
  CHECK(world.client.Ack({third.id()}).empty());
  CHECK(stream.events() == Events{kSubscribed});
  CHECK(bystander.events() == Events{kSubscribed});
  CHECK(world.client.Publish(JsonMessage("", queue)).ok());
}

TEST_CASE("While the broker takes no publishes, what was to wait is requeued, and that is told",
          "[disturbs]") {
  SidecarOptions options;
  options.amqp = "  separate_consumer_connection: true\n  operation_timeout: 1s\n";
  World world(options, RabbitmqNode::Disturbed());
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 1);
  {
    // The wait queue is there then.
    SubscribeStream before(world.client, queue);
    REQUIRE(before.WaitForDeliveries(1));
    REQUIRE(before.Nack(Ids(before.deliveries()), 20ms));
    REQUIRE(before.WaitForDeliveries(2));
    REQUIRE(world.client.Ack({before.deliveries()[1].delivery_id()}).empty());
  }
  world.direct.Publish("", queue, "1");
  OnExit calm([&] { world.node.Ctl({"set_vm_memory_high_watermark", "0.4"}); });
  world.node.Ctl({"set_vm_memory_high_watermark", "0.00001"});
  // Only now: the node gives a delivery three seconds.
  SubscribeStream stream(world.client, queue);
  REQUIRE(stream.WaitForDeliveries(1));
  const std::string id = stream.deliveries()[0].delivery_id();
  REQUIRE(stream.Nack({id}, 20ms));
  REQUIRE(stream.WaitForFailures(1, 20s));
  CheckSettleFailure(stream.failures()[0], id, StatusCode::UNAVAILABLE, "NOT_MOVED");
  REQUIRE(stream.WaitForDeliveries(2));
  const pb::Delivery again = stream.deliveries()[1];
  CHECK(again.body() == "1");
  CHECK(again.redelivered());
  CHECK(world.client.Ack({again.delivery_id()}).empty());
  calm.Now();
  // That it was written, and taken later, may make it come once more.
  CHECK(Throughout(500ms, [&] { return stream.delivery_count() <= 3; }));
  CHECK(stream.events() == Events{kSubscribed});
}

// The acks of those behind it go out as one for all up to there where nothing is in between.
TEST_CASE("What is yet to be moved is not acked with those behind it, and survives the sidecar",
          "[disturbs]") {
  SidecarOptions options;
  options.amqp = "  separate_consumer_connection: true\n";
  World world(options, RabbitmqNode::Disturbed());
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 4);
  OnExit calm([&] { world.node.Ctl({"set_vm_memory_high_watermark", "0.4"}); });
  world.node.Ctl({"set_vm_memory_high_watermark", "0.00001"});
  SubscribeStream stream(world.client, queue);
  REQUIRE(stream.WaitForDeliveries(4));
  const IdList ids = Ids(stream.deliveries());
  REQUIRE(stream.Nack({ids[0]}, 20ms));
  REQUIRE(stream.Ack({ids[1]}));
  CHECK(world.client.Ack({ids[2], ids[3]}).empty());
  world.sidecar.Signal(SIGKILL);
  REQUIRE(world.sidecar.Wait(5s));
  REQUIRE(Eventually(5s, [&] { return world.direct.Ready(queue) >= 1; }));
  calm.Now();
  CHECK(world.direct.Ready(queue) == 1);
  CHECK(world.direct.Get(queue)->body == "0");
}

}  // namespace
}  // namespace amqp_sidecar::test
