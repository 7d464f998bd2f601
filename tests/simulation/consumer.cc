#include "consumer.h"

#include <algorithm>
#include <utility>

#include "broker/delivery_id.h"

namespace amqp_sidecar::simulation {

using broker::SubscriptionEvent;
using broker::Verb;
using std::chrono::milliseconds;
using std::chrono::seconds;

std::string Consumer::Describe() const {
  return "subscription " + std::to_string(id_) + " of " + queue_;
}

void Consumer::Subscribe(broker::SubscribeRequest request) {
  queue_ = request.queue;
  exclusive_ = request.exclusive;
  ground_.trace.Event("subscribe", {request.prefetch, request.exclusive}, queue_);
  id_ = ground_.broker.Subscribe(std::move(request), shared_from_this());
}

void Consumer::Leave() {
  if (std::exchange(left_, true)) return;
  ground_.trace.Event("leave", {id_});
  // The last words of a caller that goes.
  if (!old_.empty() && random_.Chance(0.5)) Settle(Verb::kAck, {old_.back()});
  ground_.broker.EndSubscription(id_);
  ground_.reactor.WorldAfter(milliseconds(1), [self = shared_from_this()] { self->gone_ = true; });
}

void Consumer::OnEvent(SubscriptionEvent event, std::string detail) {
  ground_.trace.Event("event", {id_, static_cast<uint64_t>(event)}, detail);
  const State before = state_;
  const char* wrong = nullptr;
  switch (event) {
    case SubscriptionEvent::kSubscribed:
      if (was_active_ || (before != State::kNew && before != State::kInterrupted)) {
        wrong = "SUBSCRIBED";
      }
      state_ = State::kActive;
      was_active_ = true;
      break;
    case SubscriptionEvent::kInterrupted:
      if (before != State::kNew && before != State::kActive) wrong = "INTERRUPTED";
      state_ = State::kInterrupted;
      break;
    case SubscriptionEvent::kResubscribed:
      if (!was_active_ || before != State::kInterrupted) wrong = "RESUBSCRIBED";
      state_ = State::kActive;
      break;
    case SubscriptionEvent::kDraining:
      if (before != State::kActive) wrong = "DRAINING";
      state_ = State::kDraining;
      break;
  }
  if (gone_) wrong = "an event after it left";
  if (wrong != nullptr) ground_.checker.Fail(Describe() + " is told " + wrong + " out of turn");
}

void Consumer::OnEnd(std::optional<broker::Error> why) {
  ground_.trace.Event("end", {id_}, why ? broker::ReasonName(why->reason) : "as asked");
  if (state_ == State::kEnded || gone_) ground_.checker.Fail(Describe() + " ends twice");
  state_ = State::kEnded;
}

void Consumer::CheckDelivery(const broker::Delivery& delivery) {
  const broker::ReceivedMessage& message = *delivery.message;
  const auto publish = ground_.checker.Find(message.properties.correlation_id);
  if (!publish) return ground_.checker.Fail(Describe() + " gets what nobody published");
  const Checker::Publish& expected = ground_.checker.publish(*publish);
  if (*message.body != ground_.checker.Body(*publish) || message.exchange != expected.exchange ||
      message.routing_key != expected.routing_key ||
      message.properties.message_id != expected.message_id || *delivery.queue != queue_) {
    ground_.checker.Fail(Describe() + " gets publish " + std::to_string(*publish) + " changed");
  }
}

void Consumer::OnDeliveries(std::vector<broker::Delivery> deliveries) {
  for (const broker::Delivery& delivery : deliveries) Take(delivery);
}

void Consumer::Take(const broker::Delivery& delivery) {
  std::string text = broker::FormatDeliveryId(delivery.id);
  ground_.trace.Event("delivery", {id_}, text);
  if (state_ != State::kActive || gone_) {
    ground_.checker.Fail(Describe() + " gets a delivery out of turn");
  }
  CheckDelivery(delivery);
  const broker::DeliveryId& id = delivery.id;
  if (id.subscription != id_) {
    return ground_.checker.Fail(Describe() + " gets a delivery of another");
  }
  Held held{{id.subscription, id.incarnation, id.tag}, std::move(text)};
  ground_.settlements.Received(held.key);
  SettleLater(std::move(held));
}

Verb Consumer::RandomVerb() {
  const double draw = random_.Unit();
  return draw < 0.8 ? Verb::kAck : draw < 0.9 ? Verb::kNack : Verb::kReject;
}

std::string Consumer::Garbage() {
  if (old_.empty() || random_.Chance(0.3)) return "no such id";
  std::string id = old_[random_.Below(old_.size())].id;
  id[random_.Below(id.size())] = "0123456789abcdef.g"[random_.Below(18)];
  return id;
}

void Consumer::SettleLater(Held held) {
  if (random_.Chance(0.03)) return;  // forgotten
  const base::Duration delay =
      random_.Chance(0.8) ? random_.Time({}, milliseconds(20)) : random_.Time({}, seconds(2));
  ground_.reactor.WorldAfter(delay, [self = shared_from_this(), held = std::move(held)] {
    // One who has left may still settle, and so may one whose subscription is interrupted.
    std::vector<Held> all = {held};
    self->old_.push_back(held);
    if (self->bad_ && self->random_.Chance(0.2)) {
      all.push_back(self->old_[self->random_.Below(self->old_.size())]);
    }
    self->Settle(self->RandomVerb(), std::move(all));
  });
}

void Consumer::Settle(Verb verb, std::vector<Held> held) {
  broker::Settlement settlement;
  settlement.verb = verb;
  std::vector<std::string>& ids = settlement.delivery_ids;
  for (const Held& one : held) {
    ids.push_back(one.id);
    ground_.settlements.Asked(one.key, verb);
    ground_.trace.Event("settle", {static_cast<uint64_t>(verb)}, one.id);
  }
  if (bad_ && random_.Chance(0.1)) {
    ids.push_back(Garbage());
    // It may have become an id that counts.
    if (const auto id = broker::ParseDeliveryId(ids.back())) {
      held.push_back({{id->subscription, id->incarnation, id->tag}, ids.back()});
      ground_.settlements.Asked(held.back().key, verb);
    } else {
      held.push_back({{}, ids.back()});
    }
  }
  const size_t call = ground_.checker.CalledOther("settle", base::kNever);
  ground_.broker.Settle(std::move(settlement), [this, self = shared_from_this(), verb, held,
                                                call](broker::SettleResult result) {
    ground_.checker.AnsweredOther(call);
    for (const Held& one : held) {
      const bool failed =
          result.error || std::ranges::any_of(result.failures, [&](const auto& failure) {
            return failure.delivery_id == one.id;
          });
      ground_.settlements.Told(one.key, verb, !failed);
    }
  });
}

}  // namespace amqp_sidecar::simulation
