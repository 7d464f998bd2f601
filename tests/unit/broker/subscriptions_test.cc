#include "broker/subscriptions.h"

#include <memory>
#include <string>
#include <vector>

#include "support/catch.h"
#include "unit/broker/subscription_world.h"

namespace amqp_sidecar::broker {
namespace {

using World = SubscriptionWorld;

TEST_CASE("a subscription sets its prefetch, consumes, and says so") {
  World world;
  world.Connect();
  const auto listener = world.Subscribe();
  CHECK(world.Channel().pending() == Words{"qos 10", "consume billing"});
  CHECK(listener->told.empty());
  world.Channel().OkAll();
  CHECK(listener->told == Words{"SUBSCRIBED"});
}

TEST_CASE("one that is asked for while the broker is away waits for it") {
  World world;
  const auto listener = world.Subscribe();
  CHECK(listener->told == Words{"INTERRUPTED"});
  world.Connect();
  world.Channel().OkAll();
  CHECK(listener->told == Words{"INTERRUPTED", "SUBSCRIBED"});
}

TEST_CASE("a settlement is answered when it was written, and not before") {
  World world;
  world.Connect();
  const auto listener = world.Active(3);
  const auto answer = world.Settle(Verb::kAck, {listener->ids[0], listener->ids[1]});
  CHECK(world.Channel().settlements == Words{"ack 2 multiple"});
  CHECK(*answer == Words{"none yet"});
  world.connection().WriteBarriers();
  CHECK(answer->empty());
}

TEST_CASE("settlements of many calls in one turn go out in one frame") {
  World world;
  world.Connect();
  const auto listener = world.Active(3);
  for (const std::string& id : listener->ids) {
    world.SettleInThisTurn(Verb::kAck, {id});
  }
  world.Settle();
  CHECK(world.Channel().settlements == Words{"ack 3 multiple"});
}

TEST_CASE(
    "a settlement in the turn in which its caller goes is sent before the channel is closed") {
  World world;
  world.Connect();
  const auto listener = world.Active(1);
  world.SettleInThisTurn(Verb::kAck, listener->ids);
  world.subscriptions().Remove(1);
  CHECK(world.Channel().settlements == Words{"ack 1"});
  CHECK_FALSE(world.Channel().open());
}

TEST_CASE("a settlement that was not written when the link went is stale") {
  World world;
  world.Connect();
  const auto listener = world.Active(1);
  const auto answer = world.Settle(Verb::kAck, listener->ids);
  world.Disconnect();
  CHECK(*answer == Words{"STALE_DELIVERY"});
}

TEST_CASE("an id that cannot count is refused and nothing is sent") {
  World world;
  world.Connect();
  const auto listener = world.Active(2);
  CHECK(*world.Settle(Verb::kAck, {"nonsense", "", "abc.9.1.1", "abc.1.9.1", "abc.1.1.3"}) ==
        Words(5, "UNKNOWN_DELIVERY"));
  CHECK(*world.Settle(Verb::kAck, {"def.1.1.1"}) == Words{"STALE_DELIVERY"});
  CHECK(world.Channel().settlements.empty());
  world.Settle(Verb::kAck, {listener->ids[0]});
  world.connection().WriteBarriers();
  CHECK(*world.Settle(Verb::kReject, {listener->ids[0]}) == Words{"ALREADY_SETTLED"});
  CHECK(world.Settle(Verb::kAck, {listener->ids[0]})->empty());
  CHECK(world.Channel().settlements == Words{"ack 1"});
}

TEST_CASE("after the loss of the link it consumes again, and ids from before are stale") {
  World world;
  world.Connect();
  const auto listener = world.Active(1);
  world.Disconnect();
  CHECK(*world.Settle(Verb::kAck, listener->ids) == Words{"STALE_DELIVERY"});
  world.Connect();
  world.Channel().OkAll();
  CHECK(listener->told == Words{"SUBSCRIBED", "INTERRUPTED", "RESUBSCRIBED"});
  world.Channel().Deliver(1);
  world.Settle();
  CHECK(*world.Settle(Verb::kAck, {listener->ids[0]}) == Words{"STALE_DELIVERY"});
  CHECK(world.Channel().settlements.empty());
  world.Settle(Verb::kAck, {listener->ids[1]});
  CHECK(world.Channel().settlements == Words{"ack 1"});
}

TEST_CASE("a channel that the broker closes is opened again, for this subscription alone") {
  World world;
  world.Connect();
  const auto other = world.Active(0);
  const auto listener = world.Active(1);
  world.Channel().CloseByBroker(406, "PRECONDITION_FAILED - delivery acknowledgement timed out");
  CHECK(listener->told == Words{"SUBSCRIBED", "INTERRUPTED"});
  world.Advance(Subscription::kRetryEvery);
  world.Channel().OkAll();
  CHECK(listener->told == Words{"SUBSCRIBED", "INTERRUPTED", "RESUBSCRIBED"});
  CHECK(other->told == Words{"SUBSCRIBED"});
}

TEST_CASE("a queue that is not there ends it, one whose node is down makes it wait") {
  World world;
  world.Connect();
  const auto listener = world.Subscribe();
  SECTION("not there") {
    world.Channel().CloseByBroker(404, "NOT_FOUND - no queue 'billing' in vhost '/'");
    world.Settle();
    CHECK(listener->told == Words{"QUEUE_NOT_FOUND"});
    CHECK(world.subscriptions().size() == 0);
  }
  SECTION("its node is down") {
    world.Channel().CloseByBroker(404, "NOT_FOUND - home node 'b' of durable queue 'billing' down");
    CHECK(listener->told == Words{"INTERRUPTED"});
    world.Advance(Subscription::kRetryEvery);
    world.Channel().OkAll();
    CHECK(listener->told == Words{"INTERRUPTED", "SUBSCRIBED"});
  }
}

// RabbitMQ 4.0 cancels the consumers of a quorum queue before it forgets the queue, and closes the
// connection of one who consumes between the two.
TEST_CASE("a consumer that the broker cancels asks a little later whether its queue is there") {
  World world;
  world.Connect();
  const auto listener = world.Active(1);
  const size_t channels = world.connection().channels.size();
  world.Channel().listener().OnConsumerCancelled("tag");
  CHECK(listener->told == Words{"SUBSCRIBED", "INTERRUPTED"});
  world.Advance(Subscription::kRetryAfterCancel - std::chrono::milliseconds(1));
  CHECK(world.connection().channels.size() == channels);
  world.Advance(std::chrono::milliseconds(1));
  REQUIRE(world.connection().channels.size() == channels + 1);
  CHECK(world.Channel().pending() == Words{"qos 10", "consume billing"});
  world.Channel().CloseByBroker(404, "NOT_FOUND - no queue 'billing' in vhost '/'");
  CHECK(listener->told == Words{"SUBSCRIBED", "INTERRUPTED", "QUEUE_NOT_FOUND"});
  CHECK(*world.Settle(Verb::kAck, listener->ids) == Words{"STALE_DELIVERY"});
}

TEST_CASE("another's exclusive consumer ends a new subscription, and not one that comes back") {
  World world;
  world.Connect();
  const auto listener = world.Subscribe();
  const std::string text = "ACCESS_REFUSED - queue 'billing' in vhost '/' in exclusive use";
  SECTION("new") {
    world.Channel().CloseByBroker(403, text);
    CHECK(listener->told == Words{"QUEUE_EXCLUSIVE"});
  }
  SECTION("back") {
    world.Channel().OkAll();
    world.Disconnect();
    world.Connect();
    world.Channel().CloseByBroker(403, text);
    world.Advance(Subscription::kRetryEvery);
    world.Channel().OkAll();
    CHECK(listener->told == Words{"SUBSCRIBED", "INTERRUPTED", "RESUBSCRIBED"});
  }
}

TEST_CASE("one more than there are channels is refused, the others go on") {
  World world;
  world.Connect();
  world.connection().max_channels = world.connection().channels.size() + 1;
  const auto first = world.Active(0);
  const auto second = world.Subscribe();
  CHECK(first->told == Words{"SUBSCRIBED"});
  CHECK(second->told == Words{"LIMIT_EXCEEDED"});
}

TEST_CASE("the end of the caller closes the channel, which gives its messages back") {
  World world;
  world.Connect();
  world.Active(2);
  world.subscriptions().Remove(1);
  CHECK_FALSE(world.Channel().open());
  CHECK(world.Channel().settlements.empty());
}

TEST_CASE("a drain hands over nothing new, lets what is held be settled, and then ends") {
  World world;
  world.Connect();
  const auto listener = world.Active(1);
  world.subscriptions().Drain();
  CHECK(world.Channel().pending() == Words{"cancel"});
  // It was on its way already: it stays unsettled, and goes back with the channel.
  world.Channel().Deliver(2);
  CHECK(listener->ids.size() == 1);
  CHECK(listener->told == Words{"SUBSCRIBED", "DRAINING"});
  world.Settle(Verb::kAck, listener->ids);
  CHECK(world.Channel().settlements == Words{"ack 1"});
  CHECK(listener->told == Words{"SUBSCRIBED", "DRAINING", "DRAINING"});
  CHECK_FALSE(world.Channel().open());
}

TEST_CASE("what was settled in the turn in which the channel went is told as stale") {
  World world;
  world.Connect();
  const auto listener = world.Active(1);
  const auto answer = world.SettleInThisTurn(Verb::kAck, listener->ids);
  world.Channel().CloseByBroker(406, "PRECONDITION_FAILED - delivery acknowledgement timed out");
  world.Settle();
  world.connection().WriteBarriers();
  CHECK(*answer == Words{"STALE_DELIVERY"});
}

TEST_CASE("what was settled in the turn in which the caller left counts") {
  World world;
  world.Connect();
  const auto listener = world.Active(2);
  world.SettleInThisTurn(Verb::kAck, {listener->ids[0]});
  world.subscriptions().Remove(1);
  world.Settle();
  CHECK(world.Channel().settlements == Words{"ack 1"});
  CHECK_FALSE(world.Channel().open());
}

TEST_CASE("a channel that was well for a while is opened again at once") {
  World world;
  world.Connect();
  const auto listener = world.Active(1);
  world.Advance(Subscription::kRetryEvery);
  world.Channel().CloseByBroker(406, "PRECONDITION_FAILED - delivery acknowledgement timed out");
  world.Settle();
  world.Channel().OkAll();
  CHECK(listener->told == Words{"SUBSCRIBED", "INTERRUPTED", "RESUBSCRIBED"});
}

}  // namespace
}  // namespace amqp_sidecar::broker
