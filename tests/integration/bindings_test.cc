// Subscribing to exchanges: the queue and its bindings are the sidecar's to declare.
#include <sstream>

#include "integration/subscribing.h"

namespace amqp_sidecar::test {
namespace {

using grpc::StatusCode;

// One that another connection has for itself may not even be looked at: it is there.
bool IsThere(Direct& direct, const std::string& queue) {
  try {
    return direct.QueueExists(queue);
  } catch (const DirectError& error) {
    if (error.code != 405) throw;
    return true;
  }
}

// Once its consumer runs, so that nothing that is published now passes it by.
void AwaitConsuming(const SubscribeStream& stream) { REQUIRE(stream.WaitForEvents(1)); }

TEST_CASE("Subscriptions without a queue's name get one each, with all that they are bound to") {
  World world;
  const std::string exchange = world.names.Exchange("topic");
  pb::SubscribeRequest orders = WithBinding({}, exchange, "order.*");
  SubscribeStream first(world.client, WithBinding(orders, exchange, "invoice.#"));
  SubscribeStream second(world.client, orders);
  Subscription call(world.client, orders);
  AwaitConsuming(first);
  AwaitConsuming(second);
  REQUIRE(call.WaitForEvents(1));
  for (const char* key : {"order.new", "invoice.a.b", "order.paid"}) {
    REQUIRE(world.client.Publish(JsonMessage(exchange, key, "\"" + std::string(key) + "\"")).ok());
  }
  REQUIRE(first.WaitForDeliveries(3));
  REQUIRE(second.WaitForDeliveries(2));
  REQUIRE(call.WaitForDeliveries(2));
  CHECK(Bodies(first.deliveries()) == IdList{"\"order.new\"", "\"invoice.a.b\"", "\"order.paid\""});
  CHECK(Bodies(second.deliveries()) == IdList{"\"order.new\"", "\"order.paid\""});
  const std::string queue = first.deliveries()[0].queue();
  CHECK(queue.starts_with("amqp-sidecar.sub-"));
  CHECK(second.deliveries()[0].queue() != queue);
  CHECK(first.deliveries()[1].exchange() == exchange);
  CHECK(first.deliveries()[1].routing_key() == "invoice.a.b");
  REQUIRE(first.Ack(Ids(first.deliveries())));
  CHECK(world.client.Ack(Ids(call.deliveries())).empty());
  CHECK(first.failures().empty());
}

TEST_CASE("A subscription's own queue is gone with it, however it ends") {
  World world;
  const std::string exchange = world.names.Exchange("fanout");
  const bool by_half_close = GENERATE(true, false);
  CAPTURE(by_half_close);
  SubscribeStream stream(world.client, WithBinding({}, exchange, ""));
  AwaitConsuming(stream);
  REQUIRE(world.client.Publish(JsonMessage(exchange, "")).ok());
  const SubscribeStream::Arrival arrival = stream.Next();
  const std::string queue = arrival.delivery.queue();
  CHECK(IsThere(world.direct, queue));
  if (by_half_close) {
    stream.HalfClose();
    // It is needed until what it delivered is settled.
    CHECK(Throughout(300ms, [&] { return !stream.WaitForEnd(0ms).has_value(); }));
    CHECK(world.client.Ack({arrival.id()}).empty());
    CHECK(stream.WaitForEnd());
  } else {
    stream.Cancel();
  }
  CHECK(Eventually(5s, [&] { return !IsThere(world.direct, queue); }));
  // And with it the binding.
  CHECK(world.client.Publish(JsonMessage(exchange, "")).reason == "UNROUTABLE");
}

TEST_CASE("A binding's arguments are what a headers exchange matches") {
  World world;
  const std::string exchange = world.names.Exchange("headers");
  pb::SubscribeRequest request;
  pb::Binding* binding = request.add_bindings();
  binding->set_exchange(exchange);
  (*binding->mutable_arguments())["x-match"] = TextValue("all");
  (*binding->mutable_arguments())["region"] = TextValue("eu");
  SubscribeStream stream(world.client, request);
  AwaitConsuming(stream);
  pb::PublishRequest eu = JsonMessage(exchange, "");
  (*eu.mutable_message()->mutable_properties()->mutable_headers())["region"] = TextValue("eu");
  CHECK(world.client.Publish(JsonMessage(exchange, "")).reason == "UNROUTABLE");
  CHECK(world.client.Publish(eu).ok());
  CHECK(stream.WaitForDeliveries(1));
}

TEST_CASE("A named queue with bindings is durable, is shared, and stays with what it holds") {
  World world;
  const std::string exchange = world.names.Exchange("topic");
  const std::string queue = world.names.Reserve("q");
  const pb::SubscribeRequest request = WithBinding(RequestFor(queue, 1), exchange, "order.*");
  {
    SubscribeStream first(world.client, request);
    SubscribeStream second(world.client, request);
    AwaitConsuming(first);
    AwaitConsuming(second);
    REQUIRE(world.client.Publish(JsonMessage(exchange, "order.1")).ok());
    REQUIRE(world.client.Publish(JsonMessage(exchange, "order.2")).ok());
    REQUIRE(first.WaitForDeliveries(1));
    REQUIRE(second.WaitForDeliveries(1));
    CHECK(first.deliveries()[0].queue() == queue);
    REQUIRE(world.client.Ack(Ids(first.deliveries())).empty());
  }
  REQUIRE(Eventually(5s, [&] { return world.direct.Consumers(queue) == 0; }));
  CHECK(Eventually(5s, [&] { return world.direct.Ready(queue) == 1; }));
  // Nobody is there, and what is published waits.
  REQUIRE(world.client.Publish(JsonMessage(exchange, "order.3")).ok());
  CHECK(world.direct.Ready(queue) == 2);
  const std::string listed = world.node.Ctl(
      {"list_queues", "name", "durable", "auto_delete", "exclusive", "--no-table-headers"});
  CHECK_THAT(listed, ContainsSubstring(queue + "\ttrue\tfalse\tfalse"));
  SubscribeStream third(world.client, WithBinding(RequestFor(queue), exchange, "order.*"));
  CHECK(third.WaitForDeliveries(2));
}

TEST_CASE("A queue that is there, whatever its properties, is bound and consumed as it is") {
  World world;
  const std::string exchange = world.names.Exchange("topic");
  const std::string queue =
      world.names.Queue({{"x-queue-type", "quorum"}, {"x-max-length", int64_t{5}}});
  PublishNumbers(world.direct, queue, 1);
  SubscribeStream stream(world.client, WithBinding(RequestFor(queue), exchange, "order.*"));
  CHECK(stream.Next().delivery.body() == "0");
  CHECK(world.client.Publish(JsonMessage(exchange, "order.1")).ok());
  CHECK(stream.Next().delivery.exchange() == exchange);
}

TEST_CASE("A lost link brings both kinds of queue back, with their bindings") {
  ProxiedWorld world;
  const std::string exchange = world.names.Exchange("topic");
  const std::string queue = world.names.Reserve("q");
  SubscribeStream own(world.client, WithBinding({}, exchange, "order.*"));
  SubscribeStream named(world.client, WithBinding(RequestFor(queue), exchange, "order.*"));
  AwaitConsuming(own);
  AwaitConsuming(named);
  world.proxy.TakeAway();
  REQUIRE(own.WaitForEvents(2));
  REQUIRE(named.WaitForEvents(2));
  // Gone with more than the link: what the sidecar declared, it declares again.
  world.direct.DeleteQueue(queue);
  world.proxy.Restore();
  REQUIRE(own.WaitForEvents(3));
  REQUIRE(named.WaitForEvents(3));
  CHECK(own.events() == Events{kSubscribed, kInterrupted, kResubscribed});
  CHECK(named.events() == Events{kSubscribed, kInterrupted, kResubscribed});
  world.direct.Publish(exchange, "order.new", "1");
  REQUIRE(own.WaitForDeliveries(1));
  REQUIRE(named.WaitForDeliveries(1));
  REQUIRE(own.Ack({own.Next().id(), named.Next().id()}));
  own.HalfClose();
  CHECK(own.WaitForEnd());
  CHECK(own.failures().empty());
}

TEST_CASE("An exchange that is not there ends the subscription, at its start or after the link") {
  ProxiedWorld world;
  const std::string exchange = world.names.Exchange("topic");
  SubscribeStream bystander(world.client, world.names.Queue());
  AwaitConsuming(bystander);
  const std::string missing = world.names.Reserve("no-such-exchange");
  SubscribeStream refused(world.client, WithBinding({}, missing, "#"));
  CheckRefused(refused.WaitForEnd(), StatusCode::NOT_FOUND, "EXCHANGE_NOT_FOUND", missing);
  CHECK(refused.responses().empty());
  const std::string queue = world.names.Reserve("q");
  Subscription named(world.client, WithBinding(RequestFor(queue), missing, "#"));
  CheckRefused(named.WaitForEnd(), StatusCode::NOT_FOUND, "EXCHANGE_NOT_FOUND", missing);
  CHECK(bystander.events() == Events{kSubscribed});

  SubscribeStream stream(world.client, WithBinding({}, exchange, "#"));
  AwaitConsuming(stream);
  world.proxy.TakeAway();
  REQUIRE(stream.WaitForEvents(2));
  world.direct.DeleteExchange(exchange);
  world.proxy.Restore();
  CheckRefused(stream.WaitForEnd(), StatusCode::NOT_FOUND, "EXCHANGE_NOT_FOUND", exchange);
  REQUIRE(bystander.WaitForEvents(3));
}

TEST_CASE("Bindings that are none are refused") {
  World world;
  const std::string exchange = world.names.Exchange("topic");
  const std::string queue = world.names.Queue();
  const auto refused = [&](const char* field, const pb::SubscribeRequest& request) {
    INFO(field);
    SubscribeStream stream(world.client, request);
    CheckInvalid(stream.WaitForEnd(), field);
    CHECK(stream.responses().empty());
  };
  pb::SubscribeRequest request = WithBinding({}, exchange, "#");
  request.mutable_bindings(0)->set_queue(queue);
  refused("queue", request);
  request = WithBinding(RequestFor(queue), exchange, "#");
  request.mutable_bindings(0)->set_queue(queue);
  refused("queue", request);
  refused("exchange", WithBinding({}, "", "#"));
  refused("routing_key", WithBinding({}, exchange, std::string(256, 'k')));
  refused("dead_letter_exchange", WithRetry(WithBinding({}, exchange, "#"), 3, 10ms));
}

TEST_CASE("A subscription's own queue may have a retry policy that says where the dead go") {
  World world;
  const std::string exchange = world.names.Exchange("topic");
  const std::string dead = world.names.Queue();
  const std::string dlx = world.names.ExchangeTo(dead, "#");
  SubscribeStream stream(world.client,
                         WithDeadLetters(WithRetry(WithBinding({}, exchange, "#"), 2, 20ms), dlx));
  AwaitConsuming(stream);
  REQUIRE(world.client.Publish(JsonMessage(exchange, "order.new")).ok());
  const SubscribeStream::Arrival first = stream.Next();
  REQUIRE(stream.Nack({first.id()}));
  const SubscribeStream::Arrival second = stream.Next();
  CHECK(second.delivery.attempt() == 2);
  CHECK(second.delivery.exchange() == exchange);
  CHECK(second.delivery.routing_key() == "order.new");
  REQUIRE(stream.Nack({second.id()}));
  REQUIRE(Eventually(5s, [&] { return world.direct.Ready(dead) == 1; }));
  CHECK(world.direct.Get(dead)->headers.at("x-sidecar-exchange").text == exchange);
}

}  // namespace
}  // namespace amqp_sidecar::test
