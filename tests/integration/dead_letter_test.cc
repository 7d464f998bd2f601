// Where a message goes that is rejected or has failed for the last time, and what it carries.
#include <ctime>

#include "integration/subscribing.h"

namespace amqp_sidecar::test {
namespace {

using grpc::StatusCode;

bool Holds(Direct& direct, const std::string& queue, uint32_t count) {
  return direct.QueueExists(queue) && direct.Ready(queue) == count;
}

// A message with a header of its own, published to an exchange that leads to `queue`.
std::string PublishThrough(World& world, const std::string& queue, const std::string& key) {
  const std::string exchange = world.names.ExchangeTo(queue, "#");
  Direct::Message message;
  message.body = "poison";
  message.message_id = "id-1";
  message.headers["own"] = {'S', "kept"};
  world.direct.Publish(exchange, key, message);
  return exchange;
}

TEST_CASE(
    "A reject goes to the policy's dead-letter exchange, with its cause and where it is from") {
  const bool by_stream = GENERATE(true, false);
  CAPTURE(by_stream);
  const bool own_key = by_stream;
  const std::string type = by_stream ? "quorum" : "classic";
  World world;
  const std::string queue = world.names.Queue({{"x-queue-type", type}});
  const std::string dead = world.names.Queue();
  const std::string key = own_key ? "order.new" : "graveyard";
  const std::string dlx = world.names.ExchangeTo(dead, key);
  const std::string exchange = PublishThrough(world, queue, "order.new");
  SubscribeStream stream(world.client, WithDeadLetters(WithRetry(RequestFor(queue), 3, 10ms), dlx,
                                                       own_key ? "" : "graveyard"));
  const std::string id = stream.Next().id();
  if (by_stream) {
    REQUIRE(stream.Reject({id}, "no such customer"));
  } else {
    REQUIRE(RejectFor(world.client, {id}, "no such customer").took_all());
    // It was confirmed there before the answer.
    CHECK(world.direct.Ready(dead) == 1);
  }
  REQUIRE(Eventually(5s, [&] { return world.direct.Ready(dead) == 1; }));
  const Direct::Message moved = world.direct.Get(dead).value();
  CHECK(moved.exchange == dlx);
  CHECK(moved.routing_key == key);
  CHECK(moved.body == "poison");
  CHECK(moved.message_id == "id-1");
  CHECK(moved.headers.at("own").text == "kept");
  CHECK(moved.headers.at("x-sidecar-reason").text == "no such customer");
  CHECK(moved.headers.at("x-sidecar-dead-by").text == "reject");
  CHECK(moved.headers.at("x-sidecar-attempts").text == "1");
  CHECK(moved.headers.at("x-sidecar-queue").text == queue);
  CHECK(moved.headers.at("x-sidecar-exchange").text == exchange);
  CHECK(moved.headers.at("x-sidecar-routing-key").text == "order.new");
  CHECK(moved.headers.at("x-sidecar-time").kind == 'T');
  stream.HalfClose();
  CHECK(stream.WaitForEnd());
  CHECK(stream.failures().empty());
  REQUIRE(Eventually(2s, [&] { return world.direct.Consumers(queue) == 0; }));
  CHECK(world.direct.Ready(queue) == 0);
  CHECK_FALSE(world.direct.QueueExists(world.names.DeadOf(queue)));
}

TEST_CASE(
    "The last attempt goes to the policy's dead-letter exchange, and what comes of it counts") {
  World world;
  const std::string queue = world.names.Queue();
  const std::string dead = world.names.Queue();
  const std::string dlx = world.names.ExchangeTo(dead, "#");
  const std::string exchange = PublishThrough(world, queue, "order.new");
  SubscribeStream stream(world.client, WithDeadLetters(WithRetry(RequestFor(queue), 2, 10ms), dlx));
  REQUIRE(stream.Nack({stream.Next().id()}));
  REQUIRE(stream.Nack({stream.Next().id()}));
  REQUIRE(Eventually(5s, [&] { return world.direct.Ready(dead) == 1; }));
  // A subscriber of the dead-letter queue begins to count anew.
  SubscribeStream mourner(world.client, WithRetry(RequestFor(dead), 2, 10ms));
  const pb::Delivery moved = mourner.Next().delivery;
  CHECK(moved.attempt() == 1);
  CHECK(moved.exchange() == dlx);
  CHECK(moved.routing_key() == "order.new");
  CHECK(moved.properties().headers().at("own").string_value() == "kept");
  CHECK(moved.properties().headers().at("x-sidecar-dead-by").string_value() == "nack");
  CHECK(moved.properties().headers().at("x-sidecar-attempts").int_value() == 2);
  CHECK(moved.properties().headers().at("x-sidecar-exchange").string_value() == exchange);
  CHECK(moved.properties().headers().at("x-sidecar-queue").string_value() == queue);
  CHECK_FALSE(moved.properties().headers().contains("x-sidecar-retry"));
  REQUIRE(mourner.Nack({moved.delivery_id()}));
  const pb::Delivery again = mourner.Next().delivery;
  CHECK(again.attempt() == 2);
  REQUIRE(mourner.Nack({again.delivery_id()}));
  const std::string twice = world.names.DeadOf(dead);
  REQUIRE(Eventually(5s, [&] { return Holds(world.direct, twice, 1); }));
  const Direct::Message last = world.direct.Get(twice).value();
  CHECK(last.headers.at("x-sidecar-queue").text == dead);
  CHECK(last.headers.at("x-sidecar-attempts").text == "2");
  CHECK(last.headers.at("own").text == "kept");
}

TEST_CASE("Where the topology gives the queue a dead-letter exchange, it is the broker's to use") {
  World world;
  const std::string dead = world.names.Queue();
  const std::string queue = world.names.Reserve("q");
  pb::DeclareTopologyRequest topology;
  pb::Queue* declared = topology.add_queues();
  declared->set_name(queue);
  (*declared->mutable_arguments())["x-dead-letter-exchange"] = TextValue("");
  (*declared->mutable_arguments())["x-dead-letter-routing-key"] = TextValue(dead);
  REQUIRE(world.client.Declare(topology).ok());
  PublishNumbers(world.direct, queue, 2);
  SubscribeStream stream(world.client, WithRetry(RequestFor(queue), 1, 10ms));
  REQUIRE(stream.WaitForDeliveries(2));
  const IdList ids = Ids(stream.deliveries());
  REQUIRE(stream.Reject({ids[0]}, "no such customer"));
  REQUIRE(stream.Nack({ids[1]}));
  REQUIRE(Eventually(5s, [&] { return world.direct.Ready(dead) == 2; }));
  SubscribeStream mourner(world.client, dead);
  REQUIRE(mourner.WaitForDeliveries(2));
  CHECK(Bodies(mourner.deliveries()) == IdList{"0", "1"});
  for (const pb::Delivery& delivery : mourner.deliveries()) {
    const pb::FieldTable death =
        delivery.properties().headers().at("x-death").array_value().values(0).table_value();
    CHECK(death.fields().at("reason").string_value() == "rejected");
    CHECK(death.fields().at("queue").string_value() == queue);
  }
  CHECK(stream.failures().empty());
  CHECK_FALSE(world.direct.QueueExists(world.names.DeadOf(queue)));
}

// A queue without x-dead-letter-routing-key has the broker dead-letter by the key that the message
// was published with: after a wait that is none of the publisher's.
TEST_CASE("A message that has waited is dead-lettered by the key that it was published with") {
  const bool rejected = GENERATE(true, false);
  CAPTURE(rejected);
  World world;
  const std::string dead = world.names.Queue();
  const std::string dlx = world.names.ExchangeTo(dead, "order.*");
  const std::string exchange = world.names.Exchange("topic");
  const std::string queue = world.names.Reserve("q");
  pb::DeclareTopologyRequest topology;
  pb::Queue* declared = topology.add_queues();
  declared->set_name(queue);
  (*declared->mutable_arguments())["x-dead-letter-exchange"] = TextValue(dlx);
  pb::Binding* binding = topology.add_bindings();
  binding->set_exchange(exchange);
  binding->set_queue(queue);
  binding->set_routing_key("#");
  REQUIRE(world.client.Declare(topology).ok());
  REQUIRE(world.client.Publish(JsonMessage(exchange, "order.new")).ok());
  SubscribeStream stream(world.client, WithRetry(RequestFor(queue), 2, 10ms));
  REQUIRE(stream.Nack({stream.Next().id()}));
  const std::string second = stream.Next().id();
  REQUIRE((rejected ? stream.Reject({second}) : stream.Nack({second})));
  REQUIRE(Eventually(5s, [&] { return world.direct.Ready(dead) == 1; }));
  SubscribeStream mourner(world.client, dead);
  const pb::Delivery delivery = mourner.Next().delivery;
  CHECK(delivery.exchange() == dlx);
  CHECK(delivery.routing_key() == "order.new");
  CHECK_FALSE(delivery.properties().headers().contains("x-sidecar-retry"));
  CHECK_THAT(delivery.ShortDebugString(), !ContainsSubstring("amqp-sidecar.wait."));
}

TEST_CASE("A reject where nothing takes the message drops it") {
  const bool with_policy = GENERATE(true, false);
  CAPTURE(with_policy);
  World world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 1);
  SubscribeStream stream(world.client,
                         with_policy ? WithRetry(RequestFor(queue), 3, 10ms) : RequestFor(queue));
  REQUIRE(RejectFor(world.client, {stream.Next().id()}, "no such customer").took_all());
  CHECK(Throughout(300ms, [&] { return stream.delivery_count() == 1; }));
  stream.Cancel();
  REQUIRE(stream.WaitForEnd());
  REQUIRE(Eventually(2s, [&] { return world.direct.Consumers(queue) == 0; }));
  CHECK(world.direct.Ready(queue) == 0);
  CHECK_FALSE(world.direct.QueueExists(world.names.DeadOf(queue)));
}

TEST_CASE("A dead-letter exchange that is not there, or leads nowhere, loses no message") {
  const bool is_there = GENERATE(true, false);
  CAPTURE(is_there);
  World world;
  const std::string queue = world.names.Queue();
  const std::string dlx =
      is_there ? world.names.Exchange("topic") : world.names.Reserve("no-such-exchange");
  PublishNumbers(world.direct, queue, 2);
  SubscribeStream bystander(world.client, world.names.Queue());
  REQUIRE(bystander.WaitForEvents(1));
  SubscribeStream stream(world.client, WithDeadLetters(WithRetry(RequestFor(queue), 1, 10ms), dlx));
  REQUIRE(stream.WaitForDeliveries(2));
  const IdList ids = Ids(stream.deliveries());
  REQUIRE(stream.Reject({ids[0]}, "no such customer"));
  REQUIRE(stream.Nack({ids[1]}));
  const std::string dead = world.names.DeadOf(queue);
  REQUIRE(Eventually(10s, [&] { return Holds(world.direct, dead, 2); }));
  std::map<std::string, std::string> dead_by;
  for (const Direct::Message& message : world.direct.Drain(dead)) {
    dead_by[message.body] = message.headers.at("x-sidecar-dead-by").text;
    CHECK_FALSE(message.headers.at("x-sidecar-reason").text.empty());
  }
  CHECK(dead_by == std::map<std::string, std::string>{{"0", "reject"}, {"1", "nack"}});
  CHECK(stream.delivery_count() == 2);
  CHECK(stream.events() == Events{kSubscribed});
  CHECK(bystander.events() == Events{kSubscribed});
  CHECK(world.client.Publish(JsonMessage("", queue)).ok());
}

TEST_CASE("A cause may be of 1024 bytes, and one that is longer is refused, with nothing settled") {
  World world;
  const std::string queue = world.names.Queue();
  const std::string dead = world.names.Queue();
  PublishNumbers(world.direct, queue, 1);
  SubscribeStream stream(world.client, WithDeadLetters(WithRetry(RequestFor(queue), 3, 10ms),
                                                       world.names.ExchangeTo(dead, "#")));
  const std::string id = stream.Next().id();
  CheckInvalid(RejectFor(world.client, {id}, std::string(1025, 'c')).outcome, "cause");
  CHECK(Throughout(200ms, [&] { return world.direct.Ready(dead) == 0; }));
  CHECK(RejectFor(world.client, {id}, std::string(1024, 'c')).took_all());
  REQUIRE(Eventually(5s, [&] { return world.direct.Ready(dead) == 1; }));
  CHECK(world.direct.Get(dead)->headers.at("x-sidecar-reason").text == std::string(1024, 'c'));
}

// The broker refuses a user_id that is not the login's, with the channel that it is published on.
TEST_CASE("A message with another user's user_id is retried and dead-lettered as any other") {
  World other;
  const std::string user = UniqueName("user");
  other.node.Ctl({"add_user", user, "pw"});
  OnExit gone([&] { other.node.Ctl({"delete_user", user}); });
  other.node.Ctl({"set_permissions", user, ".*", ".*", ".*"});
  SidecarOptions options;
  options.uri = "amqp://" + user + ":pw@127.0.0.1:" + std::to_string(other.node.port()) + "/";
  World world(options);
  const std::string queue = world.names.Queue();
  pb::PublishRequest request = JsonMessage("", queue);
  request.mutable_message()->mutable_properties()->set_user_id("guest");
  REQUIRE(other.client.Publish(request).ok());
  SubscribeStream stream(world.client, WithRetry(RequestFor(queue), 2, 20ms));
  const pb::Delivery first = stream.Next().delivery;
  CHECK(first.properties().user_id() == "guest");
  REQUIRE(stream.Nack({first.delivery_id()}));
  const pb::Delivery second = stream.Next().delivery;
  CHECK(second.attempt() == 2);
  CHECK(second.properties().user_id() == "guest");
  REQUIRE(stream.Nack({second.delivery_id()}));
  const std::string dead = world.names.DeadOf(queue);
  CHECK(Eventually(5s, [&] { return Holds(world.direct, dead, 1); }));
  CHECK(stream.failures().empty());

  // A user who may not declare the sidecar's queues: no wait, and no loss.
  other.node.Ctl({"set_permissions", user, "^none$", ".*", ".*"});
  PublishNumbers(world.direct, queue, 1);
  const std::string third = stream.Next().id();
  REQUIRE(stream.Nack({third}, 90s));
  REQUIRE(stream.WaitForFailures(1));
  CheckSettleFailure(stream.failures()[0], third, StatusCode::UNAVAILABLE, "NOT_MOVED");
  CHECK_THAT(stream.failures()[0].detail(), ContainsSubstring("amqp-sidecar.wait."));
  REQUIRE(stream.Ack({stream.Next().id()}));
  CHECK(stream.events() == Events{kSubscribed});
}

}  // namespace
}  // namespace amqp_sidecar::test
