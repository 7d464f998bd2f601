// What becomes of deliveries whose bodies were found at fault.
#include <chrono>
#include <string>
#include <vector>

#include "support/catch.h"
#include "unit/broker/subscription_world.h"

namespace amqp_sidecar::broker {
namespace {

using std::chrono::seconds;
using World = SubscriptionWorld;

void Report(World& world, const std::vector<std::string>& ids, OnInvalid action,
            const std::string& reason = "/order_id: required, missing") {
  std::vector<InvalidDelivery> deliveries;
  for (const std::string& id : ids) deliveries.push_back({*ParseDeliveryId(id), action, reason});
  world.subscriptions().TakeInvalid(deliveries.front().id.subscription, deliveries);
  world.Settle();
}

const SubscriptionStatus& Status(World& world) { return *world.subscriptions().Statuses().at(0); }

World::Options WithOwnExchange() {
  World::Options options;
  Queue queue;
  queue.name = "billing";
  queue.arguments["x-dead-letter-exchange"] = FieldValue{std::string("dlx")};
  options.topology.queues.push_back(queue);
  return options;
}

void DeliverOfStream(World& world, uint64_t tag) {
  amqp::Properties properties;
  properties.headers["x-stream-offset"] = FieldValue{int64_t{7}};
  world.Channel().Deliver(tag, properties);
  world.Settle();
}

TEST_CASE("an invalid delivery that is delivered all the same is counted, and its consumer's") {
  World world;
  world.Connect();
  const auto listener = world.Active(1);
  Report(world, listener->ids, OnInvalid::kDeliver);
  CHECK(world.Channel().settlements.empty());
  CHECK(Status(world).counts.invalid == 1);
  CHECK(Status(world).unsettled == 1);
  CHECK(world.Settle(Verb::kAck, listener->ids)->size() == 1);
  CHECK(world.Channel().settlements == Words{"ack 1"});
}

TEST_CASE("one that is to be dead-lettered is acked when its dead-letter queue has it") {
  World world;
  world.Connect();
  const auto listener = world.Active(3);
  FakeChannel& consumer = world.Channel();
  Report(world, {listener->ids[1]}, OnInvalid::kDeadLetter);
  CHECK(world.Channel().pending() == Words{"declare-queue billing.dead"});
  world.Channel().OkAll();
  world.Settle();
  REQUIRE(world.PublishChannel().published.size() == 1);
  CHECK(consumer.settlements.empty());
  world.PublishChannel().Confirm(1);
  world.Settle();
  CHECK(consumer.settlements == Words{"ack 2"});
  CHECK(Status(world).counts.invalid == 1);
  CHECK(Status(world).counts.dead_lettered == 1);
  CHECK(Status(world).counts.rejected == 0);
  CHECK(Status(world).unsettled == 2);
}

TEST_CASE("one that is to be dead-lettered is moved also where the queue has an exchange") {
  World world(WithOwnExchange());
  world.Connect();
  const auto listener = world.Active(1);
  FakeChannel& consumer = world.Channel();
  Report(world, listener->ids, OnInvalid::kDeadLetter);
  CHECK(consumer.settlements.empty());
  CHECK(world.Channel().pending() == Words{"check-exchange dlx"});
}

TEST_CASE("one that is to be rejected is the broker's to deal with, or the policy's exchange's") {
  SECTION("without a policy") {
    World world;
    world.Connect();
    const auto listener = world.Active(2);
    Report(world, {listener->ids[1]}, OnInvalid::kReject);
    CHECK(world.Channel().settlements == Words{"reject 2"});
    CHECK(Status(world).counts.rejected == 1);
    CHECK(Status(world).counts.invalid == 1);
  }
  SECTION("with one") {
    World world;
    world.Connect();
    SubscribeRequest request;
    request.retry.emplace();
    request.retry->dead_letter_exchange = "dlx";
    const auto listener = world.Active(1, request);
    FakeChannel& consumer = world.Channel();
    Report(world, listener->ids, OnInvalid::kReject);
    CHECK(consumer.settlements.empty());
    CHECK(world.Channel().pending() == Words{"check-exchange dlx"});
  }
}

TEST_CASE("one that cannot be moved is requeued, and not at once") {
  World world;
  world.Connect();
  const auto listener = world.Active(1);
  FakeChannel& consumer = world.Channel();
  Report(world, listener->ids, OnInvalid::kDeadLetter);
  world.Channel().CloseByBroker(403, "ACCESS_REFUSED - access to queue refused");
  world.Settle();
  CHECK(consumer.settlements.empty());
  world.Advance(Settler::kRequeueAfter);
  CHECK(consumer.settlements == Words{"nack 1"});
  CHECK(Status(world).counts.dead_lettered == 0);
}

TEST_CASE("of several that cannot be moved each is held for its own time") {
  World world;
  world.Connect();
  const auto listener = world.Active(2);
  FakeChannel& consumer = world.Channel();
  for (const std::string& id : listener->ids) {
    Report(world, {id}, OnInvalid::kDeadLetter);
    world.Channel().CloseByBroker(403, "ACCESS_REFUSED - access to queue refused");
    world.Settle();
    world.Advance(Settler::kRequeueAfter / 2);
  }
  CHECK(consumer.settlements == Words{"nack 1"});
  world.Advance(Settler::kRequeueAfter / 2);
  CHECK(consumer.settlements == Words{"nack 1", "nack 2"});
}

TEST_CASE("one that was settled or whose time was up meanwhile is left alone") {
  World world;
  world.Connect();
  SubscribeRequest request;
  request.ack_deadline = seconds(5);
  const auto listener = world.Active(2, request);
  world.Settle(Verb::kAck, {listener->ids[0]});
  world.Advance(seconds(5));
  CHECK(world.Channel().settlements == Words{"ack 1", "nack 2"});
  const size_t channels = world.connection().channels.size();
  Report(world, listener->ids, OnInvalid::kDeadLetter);
  Report(world, listener->ids, OnInvalid::kReject);
  CHECK(world.Channel().settlements == Words{"ack 1", "nack 2"});
  CHECK(world.connection().channels.size() == channels);
  CHECK(Status(world).counts.rejected == 0);
}

TEST_CASE("nobody can settle one that a rule took") {
  World world;
  world.Connect();
  const auto listener = world.Active(1);
  Report(world, listener->ids, OnInvalid::kReject);
  CHECK(*world.Settle(Verb::kAck, listener->ids) == Words{"ALREADY_SETTLED"});
  Report(world, listener->ids, OnInvalid::kReject);
  CHECK(world.Channel().settlements == Words{"reject 1"});
}

TEST_CASE("one of before the link was lost is the broker's again") {
  World world;
  world.Connect();
  const auto listener = world.Active(1);
  world.Disconnect();
  world.Connect();
  world.Channel().OkAll();
  world.Channel().Deliver(1);
  world.Settle();
  Report(world, {listener->ids[0]}, OnInvalid::kReject);
  CHECK(world.Channel().settlements.empty());
  Report(world, {listener->ids[1]}, OnInvalid::kReject);
  CHECK(world.Channel().settlements == Words{"reject 1"});
}

TEST_CASE("a report for a subscription that has ended is no error") {
  World world;
  world.Connect();
  const auto listener = world.Active(1);
  world.subscriptions().Remove(1);
  Report(world, listener->ids, OnInvalid::kDeadLetter);
  CHECK(world.Channel().settlements.empty());
}

TEST_CASE("one that wants nothing more ends when the last that it held is found at fault") {
  World world;
  world.Connect();
  const auto listener = world.Active(2);
  world.subscriptions().Finish(1);
  Report(world, {listener->ids[0]}, OnInvalid::kReject);
  CHECK(listener->told == Words{"SUBSCRIBED"});
  FakeChannel& consumer = world.Channel();
  Report(world, {listener->ids[1]}, OnInvalid::kDeadLetter);
  world.Channel().OkAll();
  world.Settle();
  CHECK(listener->told == Words{"SUBSCRIBED"});
  world.PublishChannel().Confirm(1);
  world.Settle();
  CHECK(listener->told == Words{"SUBSCRIBED", "END"});
  CHECK(consumer.settlements == Words{"reject 1", "ack 2"});
}

TEST_CASE("of a stream a copy is dead-lettered, and what is rejected is only acked") {
  World world;
  world.Connect();
  const auto listener = world.Active(0);
  FakeChannel& consumer = world.Channel();
  DeliverOfStream(world, 1);
  SECTION("rejected") {
    Report(world, listener->ids, OnInvalid::kReject);
    CHECK(consumer.settlements == Words{"ack 1"});
  }
  SECTION("dead-lettered") {
    Report(world, listener->ids, OnInvalid::kDeadLetter);
    world.Channel().OkAll();
    world.Settle();
    CHECK(consumer.settlements.empty());
    world.PublishChannel().Confirm(1);
    world.Settle();
    CHECK(consumer.settlements == Words{"ack 1"});
    CHECK(Status(world).counts.dead_lettered == 1);
  }
  SECTION("dead-lettered at the second try: a stream delivers nothing again") {
    Report(world, listener->ids, OnInvalid::kDeadLetter);
    world.Channel().CloseByBroker(403, "ACCESS_REFUSED - access to queue refused");
    world.Settle();
    world.Advance(Settler::kRequeueAfter);
    CHECK(consumer.settlements.empty());
    CHECK(world.Channel().pending() == Words{"declare-queue billing.dead"});
    world.Channel().OkAll();
    world.Settle();
    world.PublishChannel().Confirm(1);
    world.Settle();
    CHECK(consumer.settlements == Words{"ack 1"});
  }
  SECTION("dead-lettered, and the link goes before the broker has the copy: it is read again") {
    Report(world, listener->ids, OnInvalid::kDeadLetter);
    world.Disconnect();
    world.Connect();
    const FakeChannel& consumes = *world.connection().channels.at(1);
    CHECK(consumes.pending() == Words{"qos 10", "consume billing"});
    const auto& arguments = consumes.last_consume.arguments;
    REQUIRE(arguments.contains("x-stream-offset"));
    CHECK(arguments.at("x-stream-offset") == FieldValue{int64_t{7}});
  }
  SECTION("dead-lettered, and the channel goes before the second try") {
    Report(world, listener->ids, OnInvalid::kDeadLetter);
    world.Channel().CloseByBroker(403, "ACCESS_REFUSED - access to queue refused");
    world.Settle();
    const size_t channels = world.connection().channels.size();
    world.subscriptions().Remove(1);
    world.Advance(Settler::kRequeueAfter);
    CHECK(world.connection().channels.size() == channels);
  }
}

}  // namespace
}  // namespace amqp_sidecar::broker
