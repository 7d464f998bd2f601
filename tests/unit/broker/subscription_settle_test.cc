// What becomes of a delivery beyond an ack: deadlines, retries, dead letters, and the end that a
// caller asks for.
#include <chrono>
#include <string>
#include <vector>

#include "support/catch.h"
#include "unit/broker/subscription_world.h"

namespace amqp_sidecar::broker {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using World = SubscriptionWorld;

SubscribeRequest WithDeadline(base::Duration ack_deadline) {
  SubscribeRequest request;
  request.ack_deadline = ack_deadline;
  return request;
}

SubscribeRequest WithRetry(uint32_t max_attempts) {
  SubscribeRequest request;
  request.retry.emplace();
  request.retry->max_attempts = max_attempts;
  request.retry->initial_backoff = milliseconds(100);
  return request;
}

Settlement NackAfter(base::Duration delay, std::vector<std::string> ids) {
  Settlement settlement;
  settlement.verb = Verb::kNack;
  settlement.delay = delay;
  settlement.delivery_ids = std::move(ids);
  return settlement;
}

// The scratch channel, which is opened when it is needed first: the newest then.
std::string Declared(World& world) {
  const auto pending = world.Channel().pending();
  return pending.empty() ? "nothing" : pending.front();
}

TEST_CASE("a delivery that is not settled in time goes back, and its id says so") {
  World world;
  world.Connect();
  const auto listener = world.Active(2, WithDeadline(seconds(10)));
  world.Advance(seconds(9));
  world.Settle(Verb::kAck, {listener->ids[0]});
  world.Advance(seconds(1));
  CHECK(world.Channel().settlements == Words{"ack 1", "nack 2"});
  CHECK(listener->told == Words{"SUBSCRIBED", "WITHDRAWN"});
  CHECK(listener->messages[1]->withdrawn);
  CHECK_FALSE(listener->messages[0]->withdrawn);
  CHECK(*world.Settle(Verb::kAck, {listener->ids[1]}) == Words{"DEADLINE_EXPIRED"});
  CHECK(*world.Settle(Verb::kNack, {listener->ids[1]}) == Words{"DEADLINE_EXPIRED"});
  CHECK(world.Extend({listener->ids[1]}, seconds(5)) == Words{"DEADLINE_EXPIRED"});
}

TEST_CASE("more time is counted from when it is asked for, within what the broker allows") {
  World::Options options;
  options.hold_limit = seconds(15);
  World world(options);
  world.Connect();
  const auto listener = world.Active(1, WithDeadline(seconds(10)));
  world.Advance(seconds(8));
  CHECK(world.Extend(listener->ids, seconds(8)) == Words{"DEADLINE_LIMIT"});
  CHECK(world.Extend(listener->ids, seconds(7)).empty());
  world.Advance(milliseconds(6999));
  CHECK(world.Channel().settlements.empty());
  world.Advance(milliseconds(1));
  CHECK(world.Channel().settlements == Words{"nack 1"});
}

TEST_CASE("the configured deadline is for those who name none, and 0 is none") {
  World::Options options;
  options.default_ack_deadline = seconds(10);
  World world(options);
  world.Connect();
  world.Active(1);
  FakeChannel& with = world.Channel();
  const auto without = world.Active(1, WithDeadline({}));
  CHECK(world.Extend(without->ids, seconds(1)).empty());
  world.Advance(minutes(10));
  CHECK(with.settlements == Words{"nack 1"});
  CHECK(world.Channel().settlements.empty());
}

TEST_CASE("a delayed nack is acked when the message waits, and answered when that is written") {
  World world;
  world.Connect();
  const auto listener = world.Active(1);
  FakeChannel& consumer = world.Channel();
  const auto answer = world.Settle(NackAfter(milliseconds(1234), listener->ids));
  CHECK(Declared(world) == "declare-queue amqp-sidecar.wait.1300ms.billing");
  world.Channel().OkAll();
  world.Settle();
  REQUIRE(world.PublishChannel().published.size() == 1);
  CHECK(consumer.settlements.empty());
  CHECK(*world.Settle(Verb::kNack, listener->ids) == Words{});
  CHECK(*world.Settle(Verb::kAck, listener->ids) == Words{"ALREADY_SETTLED"});
  world.PublishChannel().Confirm(1);
  world.Settle();
  CHECK(consumer.settlements == Words{"ack 1"});
  CHECK(*answer == Words{"none yet"});
  world.connection().WriteBarriers();
  CHECK(answer->empty());
}

TEST_CASE("a wait queue is declared once for all that wait in it, and anew after a while") {
  World world;
  world.Connect();
  const auto listener = world.Active(4);
  world.Settle(NackAfter(milliseconds(100), {listener->ids[0], listener->ids[1]}));
  CHECK(world.Channel().pending().size() == 1);
  world.Channel().OkAll();
  world.Settle();
  world.Settle(NackAfter(milliseconds(100), {listener->ids[2]}));
  CHECK(world.Channel().pending().empty());
  world.Advance(OwnQueues::kRenewEvery);
  world.Settle(NackAfter(milliseconds(100), {listener->ids[3]}));
  CHECK(Declared(world) == "declare-queue amqp-sidecar.wait.100ms.billing");
}

TEST_CASE("a message that cannot be moved is requeued at once, and its caller is told") {
  World world;
  world.Connect();
  const auto listener = world.Active(1);
  FakeChannel& consumer = world.Channel();
  const auto answer = world.Settle(NackAfter(milliseconds(100), listener->ids));
  SECTION("its queue cannot be declared") {
    world.Channel().CloseByBroker(403, "ACCESS_REFUSED - access to queue refused");
  }
  SECTION("the broker does not confirm it") {
    world.Channel().OkAll();
    world.Settle();
    world.Advance(seconds(5));
  }
  world.Settle();
  CHECK(consumer.settlements == Words{"nack 1"});
  world.connection().WriteBarriers();
  CHECK(*answer == Words{"NOT_MOVED"});
}

TEST_CASE("a wait queue that somebody deleted is declared again") {
  World world;
  world.Connect();
  const auto listener = world.Active(0);
  FakeChannel& consumer = world.Channel();
  amqp::Properties properties;
  properties.message_id = "m";
  consumer.Deliver(1, properties);
  world.Settle();
  world.Settle(NackAfter(milliseconds(100), listener->ids));
  FakeChannel& scratch = world.Channel();
  scratch.OkAll();
  world.Settle();
  world.PublishChannel().Return("", "amqp-sidecar.wait.100ms.billing", "m");
  world.PublishChannel().Confirm(1);
  world.Settle();
  CHECK(consumer.settlements.empty());
  CHECK(scratch.pending() == Words{"declare-queue amqp-sidecar.wait.100ms.billing"});
  scratch.OkAll();
  world.Settle();
  world.PublishChannel().Confirm(2);
  world.Settle();
  CHECK(consumer.settlements == Words{"ack 1"});
}

TEST_CASE("a move that is under way when the channel goes is told as stale, and acks nothing") {
  World world;
  world.Connect();
  const auto listener = world.Active(1);
  FakeChannel& consumer = world.Channel();
  const auto answer = world.Settle(NackAfter(milliseconds(100), listener->ids));
  world.Channel().OkAll();
  world.Settle();
  consumer.CloseByBroker(406, "PRECONDITION_FAILED - delivery acknowledgement timed out");
  world.PublishChannel().Confirm(1);
  world.Settle();
  world.connection().WriteBarriers();
  CHECK(*answer == Words{"STALE_DELIVERY"});
  CHECK(consumer.settlements.empty());
}

// One that the broker has delivered `count` times before.
void DeliverCounted(FakeChannel& consumer, uint64_t tag, int64_t count) {
  amqp::Properties properties;
  properties.headers["x-delivery-count"] = FieldValue{count};
  consumer.Deliver(tag, properties);
}

TEST_CASE("a delivery that was lost with its consumers too often is dead-lettered unseen") {
  World world;
  world.Connect();
  const auto listener = world.Active(0, WithRetry(3));
  FakeChannel& consumer = world.Channel();
  DeliverCounted(consumer, 1, 2);
  DeliverCounted(consumer, 2, 3);
  world.Settle();
  REQUIRE(listener->messages.size() == 1);
  CHECK(listener->messages[0]->attempt == 3);
  CHECK(Declared(world) == "declare-queue billing.dead");
  world.Channel().OkAll();
  world.Settle();
  world.PublishChannel().Confirm(1);
  world.Settle();
  CHECK(consumer.settlements == Words{"ack 2"});
}

TEST_CASE("one that was lost too often and cannot be moved does not come again at once") {
  World world;
  world.Connect();
  const auto listener = world.Active(0, WithRetry(3));
  FakeChannel& consumer = world.Channel();
  DeliverCounted(consumer, 1, 3);
  world.Settle();
  world.Channel().CloseByBroker(403, "ACCESS_REFUSED - access to queue refused");
  world.Settle();
  CHECK(consumer.settlements.empty());
  SECTION("it is requeued a little later") {
    world.Advance(Settler::kRequeueAfter);
    CHECK(consumer.settlements == Words{"nack 1"});
  }
  SECTION("the channel goes first, and takes it back") {
    consumer.CloseByBroker(406, "PRECONDITION_FAILED - delivery acknowledgement timed out");
    world.Advance(Settler::kRequeueAfter);
    CHECK(consumer.settlements.empty());
  }
}

TEST_CASE(
    "after the last attempt the queue's own dead-letter exchange gets it, where it is known") {
  World::Options options;
  Queue queue;
  queue.name = "billing";
  queue.arguments["x-dead-letter-exchange"] = FieldValue{std::string("dlx")};
  options.topology.queues.push_back(queue);
  World world(options);
  world.Connect();
  const auto listener = world.Active(1, WithRetry(1));
  world.Settle(Verb::kNack, listener->ids);
  CHECK(world.Channel().settlements == Words{"reject 1"});
}

TEST_CASE("one that has waited is moved to the queue's own exchange, by its own routing key") {
  World::Options options;
  Queue queue;
  queue.name = "billing";
  queue.arguments["x-dead-letter-exchange"] = FieldValue{std::string("dlx")};
  options.topology.queues.push_back(queue);
  World world(options);
  world.Connect();
  const auto listener = world.Active(0);
  FakeChannel& consumer = world.Channel();
  amqp::Properties properties;
  properties.headers["x-sidecar-retry"] =
      FieldValue{FieldTable{{"queue", FieldValue{std::string("billing")}},
                            {"routing-key", FieldValue{std::string("order.created")}}}};
  consumer.Deliver(1, properties);
  world.Settle();
  world.Settle(Verb::kReject, listener->ids);
  CHECK(consumer.settlements.empty());
  CHECK(Declared(world) == "check-exchange dlx");
  world.Channel().OkAll();
  world.Settle();
  world.PublishChannel().Confirm(1);
  world.Settle();
  CHECK(consumer.settlements == Words{"ack 1"});
}

TEST_CASE("where the dead-letter exchange is forbidden, <queue>.dead gets the message") {
  World world;
  world.Connect();
  SubscribeRequest request = WithRetry(1);
  request.retry->dead_letter_exchange = "dlx";
  const auto listener = world.Active(1, request);
  FakeChannel& consumer = world.Channel();
  world.Settle(Verb::kNack, listener->ids);
  CHECK(Declared(world) == "check-exchange dlx");
  world.Channel().OkAll();
  world.Settle();
  const FakeChannel& scratch = world.Channel();
  world.PublishChannel().WriteAll();
  world.PublishChannel().CloseByBroker(
      403, "ACCESS_REFUSED - access to exchange 'dlx' in vhost '/' refused for user 'guest'");
  world.Settle();
  CHECK(consumer.settlements.empty());
  CHECK(scratch.pending() == Words{"declare-queue billing.dead"});
}

TEST_CASE("a stream takes nothing back, and a policy for it ends the subscription") {
  World world;
  world.Connect();
  amqp::Properties of_stream;
  of_stream.headers["x-stream-offset"] = FieldValue{int64_t{7}};
  SECTION("without a policy") {
    const auto listener = world.Active(0);
    world.Channel().Deliver(1, of_stream);
    world.Settle();
    CHECK(*world.Settle(Verb::kNack, listener->ids) == Words{"NOT_REQUEUEABLE"});
    CHECK(*world.Settle(Verb::kReject, listener->ids) == Words{"NOT_REQUEUEABLE"});
    world.Settle(Verb::kAck, listener->ids);
    CHECK(world.Channel().settlements == Words{"ack 1"});
  }
  SECTION("with one, and the broker says that it is a stream") {
    const auto listener = world.Subscribe(WithRetry(3), "stream");
    CHECK(listener->told == Words{"INVALID_SUBSCRIPTION"});
    CHECK_THAT(listener->detail, ContainsSubstring("leave retry unset"));
  }
  SECTION("with a deadline, likewise") {
    const auto listener = world.Subscribe(WithDeadline(seconds(1)), "stream");
    CHECK(listener->told == Words{"INVALID_SUBSCRIPTION"});
    CHECK_THAT(listener->detail, ContainsSubstring("leave ack_deadline unset"));
  }
  SECTION("with one, and it could not be asked") {
    const auto listener = world.Active(0, WithRetry(3));
    world.Channel().Deliver(1, of_stream);
    world.Settle();
    CHECK(listener->told == Words{"SUBSCRIBED", "INVALID_SUBSCRIPTION"});
    CHECK_THAT(listener->detail, ContainsSubstring("stream"));
  }
}

TEST_CASE("a caller that wants nothing more settles what it has, and then it ends") {
  World world;
  world.Connect();
  const auto listener = world.Active(3);
  world.subscriptions().Finish(1);
  CHECK(world.Channel().pending() == Words{"cancel"});
  world.Settle(Verb::kAck, {listener->ids[0]});
  CHECK(listener->told == Words{"SUBSCRIBED"});
  // The client never got the third.
  world.subscriptions().Withhold(1, {*ParseDeliveryId(listener->ids[2])});
  world.Settle(Verb::kAck, {listener->ids[1]});
  CHECK(listener->told == Words{"SUBSCRIBED", "END"});
  CHECK_FALSE(world.Channel().open());
  CHECK(world.Channel().settlements == Words{"ack 1", "ack 2"});
}

TEST_CASE("one that wants nothing more ends only when what it had moved is confirmed") {
  World world;
  world.Connect();
  const auto listener = world.Active(1);
  world.Settle(NackAfter(milliseconds(100), listener->ids));
  world.Channel().OkAll();
  world.Settle();
  world.subscriptions().Finish(1);
  world.Settle();
  CHECK(listener->told == Words{"SUBSCRIBED"});
  world.PublishChannel().Confirm(1);
  world.Settle();
  CHECK(listener->told == Words{"SUBSCRIBED", "END"});
}

TEST_CASE("what a subscription has done is counted") {
  World world;
  world.Connect();
  const auto listener = world.Active(4, WithDeadline(seconds(10)));
  const auto status = world.subscriptions().Statuses().at(0);
  CHECK(status->counts.delivered == 4);
  CHECK(status->unsettled == 4);
  CHECK(status->oldest_unsettled.load() != SubscriptionStatus::kNoneUnsettled);
  world.Settle(Verb::kAck, {listener->ids[0]});
  world.Settle(Verb::kNack, {listener->ids[1]});
  world.Settle(Verb::kReject, {listener->ids[2]});
  world.Settle(Verb::kAck, {listener->ids[0]});
  CHECK(status->counts.acked == 1);
  CHECK(status->counts.nacked == 1);
  CHECK(status->counts.rejected == 1);
  CHECK(status->unsettled == 1);
  world.Advance(seconds(10));
  CHECK(status->counts.deadline_expired == 1);
  CHECK(status->unsettled == 0);
  CHECK(status->oldest_unsettled.load() == SubscriptionStatus::kNoneUnsettled);
}

TEST_CASE("one whose consume costs the link twice ends, and those beside it do not") {
  World world;
  world.Connect();
  const amqp::Failure closed{amqp::Failure::Kind::kClosedByBroker, 541, "INTERNAL_ERROR"};
  const auto innocent = world.Subscribe();
  SubscribeRequest request;
  request.queue = "guilty";
  const auto guilty = world.Subscribe(request);
  world.Disconnect(closed);
  world.Connect();
  // One at a time now: the innocent first.
  CHECK(world.Channel().pending() == Words{"qos 10", "consume billing"});
  world.Channel().OkAll();
  world.Settle();
  CHECK(world.Channel().pending() == Words{"qos 10", "consume guilty"});
  world.Disconnect(closed);
  CHECK(guilty->told.back() == "INVALID_SUBSCRIPTION");
  CHECK(innocent->told == Words{"INTERRUPTED", "SUBSCRIBED", "INTERRUPTED"});
  world.Connect();
  world.Channel().OkAll();
  CHECK(innocent->told.back() == "RESUBSCRIBED");
}

TEST_CASE("a subscription to exchanges has its queue declared and bound before it consumes") {
  World world;
  world.Connect();
  SubscribeRequest request;
  request.queue = "amqp-sidecar.sub-1";
  request.queue_is_temporary = true;
  request.bindings.push_back({"", "orders", "order.*", {}});
  const auto listener = world.Subscribe(request);
  CHECK(Declared(world) == "declare-queue amqp-sidecar.sub-1");
  world.Channel().Ok();
  world.Settle();
  CHECK(Declared(world) == "bind amqp-sidecar.sub-1 orders");
  SECTION("bound") {
    world.Channel().Ok();
    world.Settle();
    CHECK(world.Channel().pending() == Words{"qos 10", "consume amqp-sidecar.sub-1"});
    world.Channel().OkAll();
    CHECK(listener->told == Words{"SUBSCRIBED"});
  }
  SECTION("the exchange is not there") {
    world.Channel().CloseByBroker(404, "NOT_FOUND - no exchange 'orders' in vhost '/'");
    world.Settle();
    CHECK(listener->told == Words{"EXCHANGE_NOT_FOUND"});
  }
  SECTION("it goes before the answer") {
    world.subscriptions().Remove(1);
    world.Channel().Ok();
    world.Settle();
    CHECK(listener->told.empty());
  }
}

TEST_CASE("a named queue is taken as it is, and declared where it is not there") {
  World world;
  world.Connect();
  SubscribeRequest request;
  request.queue = "mine";
  request.bindings.push_back({"", "orders", "order.*", {}});
  world.Subscribe(request);
  CHECK(Declared(world) == "check-queue mine");
  SECTION("there") {
    world.Channel().Ok();
    world.Settle();
  }
  SECTION("not there") {
    world.Channel().CloseByBroker(404, "NOT_FOUND - no queue 'mine' in vhost '/'");
    world.Settle();
    CHECK(Declared(world) == "declare-queue mine");
    world.Channel().Ok();
    world.Settle();
  }
  CHECK(Declared(world) == "bind mine orders");
}

TEST_CASE("channels that publishing needs are not given to subscriptions") {
  World::Options options;
  options.kept_channels = 3;
  World world(options);
  world.Connect();
  world.connection().max_channels = 4;
  const auto first = world.Active(0);
  const auto second = world.Subscribe();
  CHECK(first->told == Words{"SUBSCRIBED"});
  CHECK(second->told == Words{"LIMIT_EXCEEDED"});
}

}  // namespace
}  // namespace amqp_sidecar::broker
