#include "broker/publisher.h"

#include <algorithm>
#include <utility>

#include "base/fixed_hash.h"
#include "base/log.h"
#include "base/planted.h"
#include "base/strings.h"
#include "broker/channel_failure.h"

namespace amqp_sidecar::broker {

namespace {

// As the default exchange does: refused there, it is nowhere. Behind another exchange some queues
// may have taken it.
bool GoesToOneQueue(const PendingPublish& publish) { return publish.exchange.empty(); }

Error RefusedError(const PendingPublish& publish) {
  return {Reason::kRefusedByBroker,
          "the broker refused the message (basic.nack): a queue that it was routed to is full, or "
          "cannot store it now",
          GoesToOneQueue(publish) ? Persisted::kNo : Persisted::kPartial};
}

}  // namespace

Publisher::Publisher(base::Reactor& reactor, amqp::Link& link, ExchangeDirectory& directory,
                     const TopologyKeeper& topology, Counters& counters, Options options)
    : reactor_(reactor),
      link_(link),
      directory_(directory),
      topology_(topology),
      counters_(counters),
      deadlines_(
          reactor, [this](PendingPublish& publish) { OnDeadline(publish); },
          [this] { PumpAll(); }) {
  for (uint32_t i = 0; i < options.channels; ++i) {
    lanes_.push_back(std::make_unique<PublishLane>(
        reactor, link, *this, PublishLane::Options{options.max_open, options.silence}));
  }
  probe_lane_ =
      std::make_unique<PublishLane>(reactor, link, *this, PublishLane::Options{1, options.silence});
}

void Publisher::Publish(PublishList publishes) {
  for (auto at = publishes.begin(); at != publishes.end();) {
    PendingPublish& fresh = *at;
    fresh.home = &publishes;
    fresh.place = at++;
    Begin(fresh);
  }
}

void Publisher::Begin(PendingPublish& fresh) {
  fresh.id = next_id_++;
  fresh.taken_at = reactor_.Now();
  deadlines_.Add(fresh);
  ++in_flight_;
  if (ended_) return Fail(fresh, {Reason::kDraining, "the sidecar is shutting down"});
  if (fresh.routing_key.empty()) {
    const std::string_view type = topology_.TypeOf(fresh.exchange);
    if (type == "direct" || type == "topic") {
      Fail(fresh, {Reason::kInvalidMessage,
                   base::Concat("routing_key is empty, and exchange \"", fresh.exchange, "\" is a ",
                                type, " exchange, which routes by it")});
      return;
    }
  }
  if (CanGo()) {
    Route(fresh);
  } else {
    MoveTo(held_, fresh);
  }
}

bool Publisher::CanGo() const { return connection_ != nullptr && topology_stands_; }

void Publisher::LinkUp(amqp::Connection& connection) {
  connection_ = &connection;
  link_up_at_ = reactor_.Now();
  for (auto& lane : lanes_) lane->LinkUp(connection, link_up_at_);
  if (!probe_lane_->waiting().empty()) probe_lane_->LinkUp(connection, link_up_at_);
}

void Publisher::LinkDown() {
  connection_ = nullptr;
  topology_stands_ = false;
  PublishList left;
  const auto take = [&](PublishLane& lane) {
    lane.LinkDown();
    for (PendingPublish& publish : lane.unconfirmed()) {
      publish.may_have_arrived = !base::Planted(base::PlantedBug::kArrivalForgotten);
    }
    if (!base::Planted(base::PlantedBug::kRepublishForgotten)) MoveAll(left, lane.unconfirmed());
    lane.waiting().MoveAllTo(left);
  };
  for (auto& lane : lanes_) take(*lane);
  take(*probe_lane_);
  for (auto& [exchange, publishes] : checking_) MoveAll(left, publishes);
  checking_.clear();
  Hold(left);
}

// Back to the beginning, in the order in which they came.
void Publisher::Hold(PublishList& publishes) {
  MoveAll(held_, publishes);
  SortByArrival(held_);
}

void Publisher::Blocked() {
  for (auto& lane : lanes_) lane->WithdrawUnwritten();
  probe_lane_->WithdrawUnwritten();
}

void Publisher::TopologyReady() {
  if (connection_ == nullptr) return;
  topology_stands_ = true;
  PublishList going;
  MoveAll(going, held_);
  while (!going.empty()) Route(going.front());
}

void Publisher::Route(PendingPublish& publish) {
  if (directory_.Knows(publish.exchange)) {
    LaneFor(publish).Enqueue(publish);
  } else {
    CheckExchange(publish);
  }
}

void Publisher::CheckExchange(PendingPublish& publish) {
  const auto [entry, fresh] = checking_.try_emplace(publish.exchange);
  MoveTo(entry->second, publish);
  if (!fresh) return;
  directory_.Check(publish.exchange, base::kNever,
                   [this, exchange = publish.exchange](const amqp::Reply& reply) {
                     ExchangeChecked(exchange, reply);
                   });
}

void Publisher::ExchangeChecked(const std::string& exchange, const amqp::Reply& reply) {
  const auto found = checking_.find(exchange);
  if (found == checking_.end()) return;
  PublishList waiting;
  MoveAll(waiting, found->second);
  checking_.erase(found);
  if (!reply.ok && reply.failure.kind == amqp::Failure::Kind::kTimedOut) {
    // The deadlines of those who wait decide how often it is asked again.
    while (!waiting.empty()) CheckExchange(waiting.front());
    return;
  }
  while (!waiting.empty()) {
    PendingPublish& publish = waiting.front();
    if (reply.ok) {
      LaneFor(publish).Enqueue(publish);
    } else {
      Fail(publish, PublishError(reply.failure));
    }
  }
}

PublishLane& Publisher::LaneFor(const PendingPublish& publish) {
  return *lanes_[base::FixedHash({publish.exchange, publish.routing_key}) % lanes_.size()];
}

void Publisher::PumpAll() {
  // From another lane each time, so that none is always the last to find room.
  ++pump_from_;
  for (size_t i = 0; i < lanes_.size(); ++i) lanes_[(pump_from_ + i) % lanes_.size()]->Pump();
  probe_lane_->Pump();
}

void Publisher::OnConfirmed(PendingPublish& publish, bool returned) {
  counters_.queue_time.Observe(publish.handed_over_at - publish.taken_at);
  counters_.confirm_time.Observe(reactor_.Now() - publish.handed_over_at);
  if (!returned || publish.allow_unroutable) {
    PublishResult result;
    result.routed = !returned;
    Answer(publish, std::move(result));
    return;
  }
  Fail(publish, {Reason::kUnroutable, base::Concat("no binding of exchange \"", publish.exchange,
                                                   "\" matches routing key \"", publish.routing_key,
                                                   "\": bind a queue, or set allow_unroutable")});
}

void Publisher::OnRefused(PublishLane& lane, PendingPublish& publish) {
  // Not on the channel for suspects: those behind it there would wait for as long.
  const bool again = GoesToOneQueue(publish) && &lane != probe_lane_.get() &&
                     (!publish.refused_before || lane.InElection());
  if (again && lane.Replace()) {
    publish.refused_before = true;
    lane.EnqueueAgain(publish);
    return;
  }
  Fail(publish, RefusedError(publish));
}

// Not in its lane: a queue that never confirms the first would hold up everybody else there, when
// its caller tries again.
bool Publisher::OnAmbiguous(PublishLane& lane, PendingPublish& publish) {
  if (&lane == probe_lane_.get()) return false;
  Probe(publish);
  return true;
}

void Publisher::Probe(PendingPublish& publish) {
  probe_lane_->waiting().Push(publish);
  if (connection_ == nullptr) return;
  probe_lane_->LinkUp(*connection_, link_up_at_);
  probe_lane_->Pump();
}

void Publisher::OnNotEncodable(PendingPublish& publish) {
  Fail(publish,
       {Reason::kInvalidMessage,
        "the properties and headers do not fit the broker's frame_max: make them smaller"});
}

// Among the publishes that were on the channel, those that the broker's words can be about.
std::vector<PendingPublish*> Publisher::Suspects(PublishLane& lane,
                                                 const amqp::Failure& failure) const {
  std::vector<PendingPublish*> suspects;
  if (failure.kind != amqp::Failure::Kind::kClosedByBroker) return suspects;
  const std::optional<std::string_view> exchange = ExchangeNamedIn(failure.text);
  std::vector<PendingPublish*> all;
  for (PendingPublish& publish : lane.unconfirmed()) {
    all.push_back(&publish);
    if (publish.exchange == exchange) suspects.push_back(&publish);
  }
  return suspects.empty() || &lane == probe_lane_.get() ? all : suspects;
}

void Publisher::OnLaneClosed(PublishLane& lane, const amqp::Failure& failure) {
  if (failure.kind == amqp::Failure::Kind::kTimedOut) FailTwiceUnheard(lane);
  std::vector<PendingPublish*> suspects = Suspects(lane, failure);
  if (failure.code == amqp::kReplyNotFound) {
    if (const auto exchange = ExchangeNamedIn(failure.text)) {
      directory_.Forget(std::string(*exchange));
    }
  }
  // One that has had its answer, for its time was up, may be what the words are about.
  if (suspects.size() == 1 && !lane.had_forgotten()) {
    Fail(*suspects.front(), PublishError(failure));
    suspects.clear();
  } else if (failure.code == amqp::kReplyNotFound) {
    // The passive check, which they go through again, tells.
    suspects.clear();
  }
  for (PendingPublish* publish : suspects) {
    publish->may_have_arrived = true;
    probe_lane_->waiting().Push(*publish);
  }
  if (!suspects.empty() && connection_ != nullptr && &lane != probe_lane_.get()) {
    probe_lane_->LinkUp(*connection_, link_up_at_);
    probe_lane_->Pump();
  }
  PublishList others;
  for (PendingPublish& publish : lane.unconfirmed()) publish.may_have_arrived = true;
  MoveAll(others, lane.unconfirmed());
  // Those that wait for the probe stay there: one of them may be the next that costs its channel.
  if (&lane != probe_lane_.get()) lane.waiting().MoveAllTo(others);
  SortByArrival(others);
  while (!others.empty()) Route(others.front());
}

// A channel that says nothing may be the broker's fault, or a disk that is slow: what was on it is
// published again once, not for as long as it lasts.
void Publisher::FailTwiceUnheard(PublishLane& lane) {
  std::vector<PendingPublish*> twice;
  for (PendingPublish& publish : lane.unconfirmed()) {
    if (std::exchange(publish.unheard_before, true)) twice.push_back(&publish);
  }
  for (PendingPublish* publish : twice) {
    Fail(*publish, {Reason::kOutcomeUnknown,
                    "the broker confirmed nothing on two channels in turn: it may have the message",
                    Persisted::kUnknown});
  }
}

void Publisher::OnDeadline(PendingPublish& publish) {
  // Handed to the connection, but perhaps not a byte of it has gone out.
  if (publish.lane != nullptr) publish.lane->WithdrawUnwritten();
  if (publish.lane == nullptr) {
    Fail(publish, NotWrittenError(publish));
    return;
  }
  publish.lane->Forget(publish);
  Fail(publish,
       {Reason::kOutcomeUnknown,
        "the broker did not confirm the message within the deadline: it may have it. Publish "
        "again with the same message_id, and let consumers drop the second",
        Persisted::kUnknown, true});
}

Error Publisher::NotWrittenError(const PendingPublish& publish) const {
  const amqp::Link::Status& status = link_.status();
  if (publish.may_have_arrived) {
    return {Reason::kOutcomeUnknown,
            base::Concat("the link was lost before the broker confirmed the message: ",
                         status.last_failure.text),
            Persisted::kUnknown};
  }
  if (connection_ == nullptr) {
    return {Reason::kBrokerUnavailable,
            base::Concat("no link to the broker at ", status.endpoint, " within the deadline",
                         status.last_failure.text.empty() ? "" : ": ", status.last_failure.text)};
  }
  if (connection_->blocked()) {
    return {Reason::kBrokerBlocked,
            base::Concat("the broker accepts no messages now (", status.blocked_reason,
                         "): it has a memory or disk alarm")};
  }
  if (publish.refused_before) return RefusedError(publish);
  if (!topology_stands_) {
    return {Reason::kBrokerUnavailable, "the topology was not declared within the deadline"};
  }
  return {Reason::kBrokerUnavailable, "the broker did not take the message within the deadline"};
}

void Publisher::Fail(PendingPublish& publish, Error error) {
  // What may have arrived the first time cannot be called absent because of how the second one
  // ended.
  if (publish.may_have_arrived && error.persisted == Persisted::kNo) {
    error.persisted = Persisted::kUnknown;
  }
  PublishResult result;
  result.error = std::move(error);
  Answer(publish, std::move(result));
}

void Publisher::Answer(PendingPublish& publish, PublishResult result) {
  result.message_id = std::move(publish.message_id);
  deadlines_.Remove(publish);
  --in_flight_;
  // Out of the way first: what the owner does may come back here.
  PublishList answered;
  MoveTo(answered, publish);
  publish.owner->OnAnswer(publish, std::move(result));
}

void Publisher::AnswerAll() {
  ended_ = true;
  PublishList left;
  const auto take = [&](PublishLane& lane) {
    for (PendingPublish& publish : lane.unconfirmed()) {
      lane.Forget(publish);
      publish.may_have_arrived = true;
    }
    MoveAll(left, lane.unconfirmed());
    lane.waiting().MoveAllTo(left);
  };
  Blocked();
  for (auto& lane : lanes_) take(*lane);
  take(*probe_lane_);
  for (auto& [exchange, publishes] : checking_) MoveAll(left, publishes);
  MoveAll(left, held_);
  while (!left.empty()) {
    PendingPublish& publish = left.front();
    Fail(publish,
         publish.may_have_arrived
             ? Error{Reason::kOutcomeUnknown,
                     "the sidecar shut down before the broker confirmed the message",
                     Persisted::kUnknown}
             : Error{Reason::kDraining, "the sidecar shut down before the message was written"});
  }
}

}  // namespace amqp_sidecar::broker
