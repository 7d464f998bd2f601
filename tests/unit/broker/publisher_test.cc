#include "broker/publisher.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "support/catch.h"
#include "unit/broker/fakes.h"

namespace amqp_sidecar::broker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr base::Duration kDeadline = seconds(5);
constexpr base::Duration kSilence = seconds(3);

// A publisher with one lane, whose exchange "orders" is declared by the topology.
class World {
 public:
  World()
      : scratch_(ground_.reactor, ground_.link),
        directory_(scratch_),
        types_(ground_.reactor, scratch_),
        topology_(ground_.reactor, scratch_, directory_, types_, {Configured()},
                  [this] {
                    if (topology_.ready()) publisher_.TopologyReady();
                  }),
        publisher_(ground_.reactor, ground_.link, directory_, topology_, counters_,
                   {1, 100, kSilence}) {}

  // A fresh connection; the lane and the scratch channel stand, the topology is declared.
  void Connect() {
    Link();
    Scratch().OkAll();
    ground_.reactor.Settle();
    REQUIRE(topology_.ready());
  }
  // The same, with the topology still to come.
  void Link() {
    connection_ = std::make_unique<FakeConnection>();
    scratch_.LinkUp(*connection_);
    publisher_.LinkUp(*connection_);
    topology_.LinkUp();
    Settle();
    Lane().OkAll();
  }
  void Disconnect() {
    connection_->Lose();
    const amqp::Failure failure{amqp::Failure::Kind::kLinkLost, 0, "the pipe broke"};
    scratch_.LinkDown(failure);
    directory_.Clear();
    topology_.LinkDown();
    publisher_.LinkDown();
    Settle();
  }

  void Publish(const std::string& id, const std::string& exchange = "orders",
               const std::string& key = "k", base::Duration deadline = kDeadline) {
    PublishAs(id, id, exchange, key, deadline);
  }
  void PublishAs(const std::string& id, const std::string& message_id,
                 const std::string& exchange = "orders", const std::string& key = "k",
                 base::Duration deadline = kDeadline) {
    PublishList list;
    PendingPublish& publish = list.emplace_back();
    publish.exchange = exchange;
    publish.routing_key = key;
    publish.message_id = message_id;
    publish.encoded.body = std::make_shared<const std::string>(id);
    publish.deadline = ground_.reactor.Now() + deadline;
    publish.owner = std::make_shared<Owner>(*this, id);
    publisher_.Publish(std::move(list));
    Settle();
  }

  bool Answered(const std::string& id) const { return answers_.contains(id); }
  bool Ok(const std::string& id) const { return !answers_.at(id).error; }
  const Error& ErrorOf(const std::string& id) const { return answers_.at(id).error.value(); }

  // The lane is opened while the link comes up, the scratch channel at the end of that turn.
  FakeChannel& Lane() { return *connection_->channels.front(); }
  FakeChannel& Scratch() { return *connection_->channels.back(); }
  void Settle() { ground_.reactor.Settle(); }
  void Advance(base::Duration by) { ground_.reactor.Advance(by); }
  FakeConnection& connection() { return *connection_; }
  Publisher& publisher() { return publisher_; }
  std::vector<FakeChannel*> Open() {
    std::vector<FakeChannel*> open;
    for (auto& channel : connection_->channels) {
      if (channel->open()) open.push_back(channel.get());
    }
    return open;
  }
  // The newest channel that is open.
  FakeChannel& Newest() { return *Open().back(); }

 private:
  // Notes the answer, which comes once.
  class Owner final : public PublishOwner {
   public:
    Owner(World& world, std::string id) : world_(world), id_(std::move(id)) {}
    void OnAnswer(const PendingPublish&, PublishResult result) override {
      REQUIRE(world_.answers_.emplace(id_, std::move(result)).second);
    }

   private:
    World& world_;
    const std::string id_;
  };

  static Topology Configured() {
    Topology topology;
    topology.exchanges.push_back({"orders", "topic"});
    return topology;
  }

  Ground ground_;
  std::unique_ptr<FakeConnection> connection_;
  ScratchChannel scratch_;
  ExchangeDirectory directory_;
  QueueTypes types_;
  TopologyKeeper topology_;
  Counters counters_;
  Publisher publisher_;
  std::map<std::string, PublishResult> answers_;
};

TEST_CASE("a publish is answered OK when the broker confirms it, and not before") {
  World world;
  world.Connect();
  world.Publish("a");
  world.Publish("b");
  world.Lane().WriteAll();
  CHECK_FALSE(world.Answered("a"));
  world.Lane().Confirm(2, true);
  CHECK(world.Ok("a"));
  CHECK(world.Ok("b"));
  CHECK(world.publisher().in_flight() == 0);
}

TEST_CASE("a returned message fails with UNROUTABLE, its neighbours do not") {
  World world;
  world.Connect();
  for (const char* id : {"a", "b", "c"}) world.Publish(id);
  world.Lane().WriteAll();
  world.Lane().Return("orders", "k", "b");
  world.Lane().Confirm(3, true);
  CHECK(world.Ok("a"));
  CHECK(world.ErrorOf("b").reason == Reason::kUnroutable);
  CHECK(world.ErrorOf("b").persisted == Persisted::kNo);
  CHECK(world.Ok("c"));
}

TEST_CASE("two that a return could not tell apart are not on one channel, and hold nobody up") {
  World world;
  world.Connect();
  world.Publish("a", "orders", "k", seconds(1));
  world.Lane().WriteAll();
  world.Advance(seconds(1));
  CHECK(world.ErrorOf("a").reason == Reason::kOutcomeUnknown);
  // The same message_id once more, as the answer says, while the first may still be confirmed.
  world.PublishAs("again", "a");
  world.Publish("b");
  CHECK(world.Lane().published == std::vector<std::string>{"a", "b"});
  world.Lane().WriteAll();
  FakeChannel& alone = world.Newest();
  alone.OkAll();
  CHECK(alone.published == std::vector<std::string>{"again"});
  alone.WriteAll();
  alone.Return("orders", "k", "a");
  alone.Confirm(1);
  CHECK(world.ErrorOf("again").reason == Reason::kUnroutable);
  world.Lane().Confirm(2);
  CHECK(world.Ok("b"));
}

TEST_CASE("publishes wait for the topology to be declared") {
  World world;
  world.Link();
  world.Publish("a");
  CHECK(world.Lane().published.empty());
  world.Scratch().OkAll();
  world.Settle();
  CHECK(world.Lane().published == std::vector<std::string>{"a"});
}

TEST_CASE("an unknown exchange is asked for once, and one that is not there fails its own alone") {
  World world;
  world.Connect();
  world.Publish("a", "nowhere");
  world.Publish("b", "nowhere");
  world.Publish("c");
  CHECK(world.Lane().published == std::vector<std::string>{"c"});
  FakeChannel& scratch = world.Scratch();
  CHECK(scratch.pending() == std::vector<std::string>{"check-exchange nowhere"});
  scratch.CloseByBroker(404, "NOT_FOUND - no exchange 'nowhere' in vhost '/'");
  world.Settle();
  CHECK(world.ErrorOf("a").reason == Reason::kExchangeNotFound);
  CHECK(world.ErrorOf("a").persisted == Persisted::kNo);
  CHECK(world.ErrorOf("b").reason == Reason::kExchangeNotFound);
  CHECK_FALSE(world.Answered("c"));
}

TEST_CASE("a deadline without a link leaves nothing in the broker") {
  World world;
  world.Publish("a");
  world.Advance(kDeadline);
  CHECK(world.ErrorOf("a").reason == Reason::kBrokerUnavailable);
  CHECK(world.ErrorOf("a").persisted == Persisted::kNo);
}

TEST_CASE("a deadline before the first byte is out withdraws the publish, and only it") {
  World world;
  world.Connect();
  world.Publish("a", "orders", "k", seconds(1));
  world.Publish("b", "orders", "k", seconds(9));
  world.Advance(seconds(1));
  CHECK(world.ErrorOf("a").reason == Reason::kBrokerUnavailable);
  CHECK(world.ErrorOf("a").persisted == Persisted::kNo);
  CHECK(world.Lane().published == std::vector<std::string>{"b"});
  world.Lane().WriteAll();
  world.Lane().Confirm(1);
  CHECK(world.Ok("b"));
}

TEST_CASE(
    "a deadline after the write leaves the outcome unknown, and the late confirm is for nobody") {
  World world;
  world.Connect();
  world.Publish("a", "orders", "k", seconds(1));
  world.Publish("b", "orders", "k", seconds(9));
  world.Lane().WriteAll();
  world.Advance(seconds(1));
  CHECK(world.ErrorOf("a").reason == Reason::kOutcomeUnknown);
  CHECK(world.ErrorOf("a").persisted == Persisted::kUnknown);
  CHECK(world.ErrorOf("a").deadline_exceeded);
  world.Lane().Confirm(1);
  world.Lane().Confirm(2);
  CHECK(world.Ok("b"));
}

TEST_CASE(
    "after the loss of the link everything goes out again, in order, what was not written too") {
  World world;
  world.Connect();
  for (const char* id : {"a", "b", "c"}) world.Publish(id);
  world.Lane().written = 2;
  world.Disconnect();
  world.Publish("d");
  world.Connect();
  CHECK(world.Lane().published == std::vector<std::string>{"a", "b", "c", "d"});
  world.Lane().WriteAll();
  world.Lane().Confirm(4, true);
  for (const char* id : {"a", "b", "c", "d"}) CHECK(world.Ok(id));
}

TEST_CASE(
    "what was written on a lost link is unknown where it does not end well, the rest is not") {
  World world;
  world.Connect();
  for (const char* id : {"a", "b"}) world.Publish(id);
  world.Lane().written = 1;
  world.Disconnect();
  SECTION("because the link stays away") {
    world.Advance(kDeadline);
    CHECK(world.ErrorOf("a").reason == Reason::kOutcomeUnknown);
    CHECK(world.ErrorOf("a").persisted == Persisted::kUnknown);
    CHECK_FALSE(world.ErrorOf("a").deadline_exceeded);
    CHECK(world.ErrorOf("b").reason == Reason::kBrokerUnavailable);
    CHECK(world.ErrorOf("b").persisted == Persisted::kNo);
  }
  SECTION("because the second one is returned") {
    world.Connect();
    world.Lane().WriteAll();
    for (const char* id : {"a", "b"}) world.Lane().Return("orders", "k", id);
    world.Lane().Confirm(2, true);
    CHECK(world.ErrorOf("a").reason == Reason::kUnroutable);
    CHECK(world.ErrorOf("a").persisted == Persisted::kUnknown);
    CHECK(world.ErrorOf("b").persisted == Persisted::kNo);
  }
}

TEST_CASE("an alarm takes back what is not written, and its deadline says BROKER_BLOCKED") {
  World world;
  world.Connect();
  for (const char* id : {"a", "b"}) world.Publish(id);
  world.Lane().written = 1;
  world.connection().is_blocked = true;
  world.publisher().Blocked();
  CHECK(world.Lane().published == std::vector<std::string>{"a"});
  world.Publish("c", "orders", "k", seconds(60));
  CHECK(world.Lane().published == std::vector<std::string>{"a"});
  world.Advance(kDeadline);
  CHECK(world.ErrorOf("a").reason == Reason::kOutcomeUnknown);
  CHECK(world.ErrorOf("b").reason == Reason::kBrokerBlocked);
  CHECK(world.ErrorOf("b").persisted == Persisted::kNo);
  world.connection().is_blocked = false;
  world.publisher().Unblocked();
  CHECK(world.Lane().published == std::vector<std::string>{"a", "c"});
}

TEST_CASE("a channel closed for one publish fails that one and sends the others again") {
  World world;
  world.Connect();
  world.Publish("a");
  world.Publish("bad", "", "q");
  world.Publish("b");
  world.Lane().WriteAll();
  world.Advance(seconds(1));
  world.Lane().CloseByBroker(403, "ACCESS_REFUSED - access to exchange '' in vhost '/' refused");
  CHECK(world.ErrorOf("bad").reason == Reason::kAccessRefused);
  CHECK(world.ErrorOf("bad").persisted == Persisted::kNo);
  FakeChannel& fresh = world.Newest();
  fresh.OkAll();
  CHECK(fresh.published == std::vector<std::string>{"a", "b"});
  fresh.WriteAll();
  fresh.Confirm(2, true);
  CHECK(world.Ok("a"));
  CHECK(world.Ok("b"));
}

TEST_CASE("the last one on a closed channel is not blamed for one whose time was up") {
  World world;
  world.Connect();
  world.Publish("late", "orders", "k", seconds(1));
  world.Publish("a");
  world.Lane().WriteAll();
  world.Advance(seconds(1));
  CHECK(world.ErrorOf("late").reason == Reason::kOutcomeUnknown);
  world.Lane().CloseByBroker(406, "PRECONDITION_FAILED - message size 9 is larger than allowed");
  world.Settle();
  CHECK_FALSE(world.Answered("a"));
  FakeChannel& probe = world.Newest();
  probe.OkAll();
  CHECK(probe.published == std::vector<std::string>{"a"});
  probe.WriteAll();
  probe.Confirm(1);
  CHECK(world.Ok("a"));
}

TEST_CASE("words that name no exchange are not about the default one's publish") {
  World world;
  world.Connect();
  world.Publish("a", "", "q");
  world.Publish("bad");
  world.Lane().WriteAll();
  world.Lane().CloseByBroker(406, "PRECONDITION_FAILED - message size 9 is larger than allowed");
  world.Settle();
  CHECK_FALSE(world.Answered("a"));
  CHECK_FALSE(world.Answered("bad"));
}

TEST_CASE("where several may be meant each goes alone until it shows") {
  World world;
  world.Connect();
  for (const char* id : {"a", "bad", "b"}) world.Publish(id);
  world.Publish("other", "", "q");
  world.Lane().WriteAll();
  world.Advance(seconds(1));
  world.Lane().CloseByBroker(406, "PRECONDITION_FAILED - about exchange 'orders' in vhost '/'");
  world.Settle();
  // The lane again, and the probe.
  std::vector<FakeChannel*> open = world.Open();
  FakeChannel& lane = *open[open.size() - 2];
  FakeChannel& probe = *open.back();
  lane.OkAll();
  probe.OkAll();
  CHECK(lane.published == std::vector<std::string>{"other"});
  CHECK(probe.published == std::vector<std::string>{"a"});
  probe.WriteAll();
  probe.Confirm(1);
  CHECK(world.Ok("a"));
  CHECK(probe.published == std::vector<std::string>{"a", "bad"});
  probe.WriteAll();
  world.Advance(seconds(1));
  probe.CloseByBroker(406, "PRECONDITION_FAILED - about exchange 'orders' in vhost '/'");
  CHECK(world.ErrorOf("bad").reason == Reason::kInvalidMessage);
  // Its first copy went out beside the others: the broker may have taken that.
  CHECK(world.ErrorOf("bad").persisted == Persisted::kUnknown);
  world.Settle();
  FakeChannel& again = world.Newest();
  again.OkAll();
  CHECK(again.published == std::vector<std::string>{"b"});
  again.WriteAll();
  again.Confirm(1);
  CHECK(world.Ok("b"));
}

TEST_CASE("a refusal where nobody has the message is tried once more, on a fresh channel") {
  World world;
  world.Connect();
  world.Publish("a", "", "q");
  world.Publish("b", "", "q");
  FakeChannel& first = world.Lane();
  first.WriteAll();
  first.Nack(1);
  CHECK_FALSE(world.Answered("a"));
  // The order holds: what is on the old channel comes to its end first.
  CHECK(first.open());
  first.Confirm(2);
  CHECK(world.Ok("b"));
  CHECK_FALSE(first.open());
  FakeChannel& second = world.Newest();
  second.OkAll();
  CHECK(second.published == std::vector<std::string>{"a"});
  second.WriteAll();
  second.Nack(1);
  CHECK(world.ErrorOf("a").reason == Reason::kRefusedByBroker);
  CHECK(world.ErrorOf("a").persisted == Persisted::kNo);
  CHECK(second.open());
}

TEST_CASE("a refusal on the channel for suspects is final, also after a lost link") {
  World world;
  world.Connect();
  world.Disconnect();
  world.Connect();
  world.Publish("a", "", "q", seconds(60));
  world.Publish("b", "", "q", seconds(60));
  world.Lane().WriteAll();
  world.Lane().CloseByBroker(406, "PRECONDITION_FAILED - message size 9 is larger than allowed");
  world.Settle();
  FakeChannel& probe = world.Newest();
  probe.OkAll();
  REQUIRE(probe.published == std::vector<std::string>{"a"});
  probe.WriteAll();
  probe.Nack(1);
  CHECK(world.ErrorOf("a").reason == Reason::kRefusedByBroker);
  CHECK(probe.published == std::vector<std::string>{"a", "b"});
}

TEST_CASE("after a lost link, refusals while a queue has no leader are tried until it has one") {
  World world;
  world.Connect();
  world.Disconnect();
  world.Publish("a", "", "q", seconds(60));
  world.Publish("b", "", "q", seconds(60));
  world.Connect();
  FakeChannel* lane = &world.Lane();
  for (int i = 0; i < 10; ++i) {
    lane->OkAll();
    CHECK(lane->published == std::vector<std::string>{"a", "b"});
    lane->WriteAll();
    lane->Nack(1);
    lane->Nack(2);
    CHECK_FALSE(world.Answered("a"));
    CHECK_FALSE(world.Answered("b"));
    // Again at once, and then not in a spin.
    if (i > 0) {
      CHECK(lane->open());
      world.Advance(PublishLane::kReplaceInElection);
    }
    CHECK_FALSE(lane->open());
    lane = &world.Newest();
  }
  SECTION("which takes them") {
    world.Newest().OkAll();
    world.Newest().WriteAll();
    world.Newest().Confirm(2, true);
    CHECK(world.Ok("a"));
    CHECK(world.Ok("b"));
  }
  SECTION("or it is plainly full") {
    world.Advance(PublishLane::kElection);
    world.Newest().OkAll();
    world.Newest().WriteAll();
    world.Newest().Nack(1);
    CHECK(world.ErrorOf("a").reason == Reason::kRefusedByBroker);
    CHECK(world.ErrorOf("a").persisted == Persisted::kNo);
  }
  SECTION("or the caller's time is over") {
    world.Advance(seconds(60));
    CHECK(world.ErrorOf("a").reason == Reason::kRefusedByBroker);
    CHECK(world.ErrorOf("a").persisted == Persisted::kNo);
  }
}

TEST_CASE("a refusal behind an exchange is partial, and never tried again") {
  World world;
  world.Connect();
  world.Publish("a");
  world.Lane().WriteAll();
  world.Lane().Nack(1);
  CHECK(world.ErrorOf("a").reason == Reason::kRefusedByBroker);
  CHECK(world.ErrorOf("a").persisted == Persisted::kPartial);
}

TEST_CASE("a channel that is to be replaced does not wait for ever for what it owes") {
  World world;
  world.Connect();
  world.Publish("a", "", "q", seconds(60));
  world.Publish("silent", "", "q", seconds(60));
  world.Lane().WriteAll();
  world.Lane().Nack(1);
  world.Advance(PublishLane::kReplaceWithin);
  FakeChannel& fresh = world.Newest();
  fresh.OkAll();
  CHECK(fresh.published == std::vector<std::string>{"a", "silent"});
}

TEST_CASE("an empty routing key to a known topic exchange is refused") {
  World world;
  world.Connect();
  world.Publish("a", "orders", "");
  CHECK(world.ErrorOf("a").reason == Reason::kInvalidMessage);
}

TEST_CASE("a full connection holds publishes back until it has room") {
  World world;
  world.Connect();
  world.connection().has_room = false;
  world.Publish("a");
  CHECK(world.Lane().published.empty());
  world.connection().has_room = true;
  world.publisher().PublishRoom();
  CHECK(world.Lane().published == std::vector<std::string>{"a"});
}

TEST_CASE("at the end of a drain everything that is left is answered") {
  World world;
  world.Connect();
  for (const char* id : {"a", "b"}) world.Publish(id);
  world.Lane().written = 1;
  world.Publish("c", "nowhere");
  world.publisher().AnswerAll();
  CHECK(world.ErrorOf("a").reason == Reason::kOutcomeUnknown);
  CHECK(world.ErrorOf("b").reason == Reason::kDraining);
  CHECK(world.ErrorOf("c").reason == Reason::kDraining);
  CHECK(world.publisher().in_flight() == 0);
  // The confirm of what was given up finds nobody.
  world.Lane().Confirm(1);
}

TEST_CASE("a channel that confirms nothing is replaced, and what was on it is published again") {
  World world;
  world.Connect();
  FakeChannel& silent = world.Lane();
  world.Publish("a", "orders", "k", seconds(60));
  silent.WriteAll();
  world.Advance(kSilence - milliseconds(1));
  CHECK(silent.open());
  world.Advance(milliseconds(1));
  CHECK_FALSE(silent.open());
  FakeChannel& fresh = world.Newest();
  fresh.OkAll();
  CHECK(fresh.published == std::vector<std::string>{"a"});
  fresh.WriteAll();
  SECTION("and confirmed there") {
    fresh.Confirm(1);
    CHECK(world.Ok("a"));
  }
  SECTION("but not over and over") {
    world.Advance(kSilence);
    CHECK_FALSE(fresh.open());
    CHECK(world.ErrorOf("a").reason == Reason::kOutcomeUnknown);
    CHECK(world.ErrorOf("a").persisted == Persisted::kUnknown);
  }
}

TEST_CASE("a channel that confirms anything is not silent") {
  World world;
  world.Connect();
  FakeChannel& channel = world.Lane();
  for (const char* id : {"a", "b", "c"}) world.Publish(id, "orders", "k", seconds(60));
  channel.WriteAll();
  world.Advance(kSilence - milliseconds(1));
  channel.Confirm(2);
  world.Advance(kSilence - milliseconds(1));
  CHECK(channel.open());
  channel.Confirm(3);
  world.Advance(kSilence - milliseconds(1));
  CHECK(channel.open());
  channel.Confirm(1);
  world.Advance(10 * kSilence);
  CHECK(channel.open());
}

TEST_CASE("an alarm is no silence") {
  World world;
  world.Connect();
  FakeChannel& channel = world.Lane();
  world.connection().stands_still = true;
  world.Publish("a", "orders", "k", seconds(60));
  channel.WriteAll();
  world.Advance(10 * kSilence);
  CHECK(channel.open());
}

TEST_CASE("a silent channel is replaced also where nobody waits for its confirms any more") {
  World world;
  world.Connect();
  FakeChannel& silent = world.Lane();
  world.Publish("a", "orders", "k", seconds(1));
  silent.WriteAll();
  world.Advance(seconds(1));
  CHECK(world.ErrorOf("a").reason == Reason::kOutcomeUnknown);
  world.Advance(kSilence);
  CHECK_FALSE(silent.open());
}

}  // namespace
}  // namespace amqp_sidecar::broker
