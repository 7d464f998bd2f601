#include "consumer.h"

#include <algorithm>
#include <utility>

#include "broker/delivery_id.h"
#include "delivery_check.h"

namespace amqp_sidecar::simulation {

using broker::SubscriptionEvent;
using broker::Verb;
using std::chrono::milliseconds;
using std::chrono::seconds;

std::string Consumer::Describe() const {
  return "subscription " + std::to_string(id_) + " of " + queue_;
}

void Consumer::Subscribe(broker::SubscribeRequest request, SettlementChecker::Terms terms) {
  queue_ = request.queue;
  exclusive_ = request.exclusive;
  has_deadline_ = terms.ack_deadline > base::Duration::zero();
  ground_.trace.Event(
      "subscribe",
      {request.prefetch, request.exclusive, terms.retry ? terms.retry->max_attempts + 1 : 0,
       static_cast<uint64_t>(terms.ack_deadline / milliseconds(1))},
      queue_);
  id_ = ground_.broker.Subscribe(std::move(request), shared_from_this());
  ground_.settlements.Subscribed(id_, std::move(terms));
}

void Consumer::Leave() {
  if (std::exchange(left_, true)) return;
  ground_.trace.Event("leave", {id_});
  // The last words of a caller that goes.
  if (!old_.empty() && random_.Chance(0.5)) Settle(Verb::kAck, {old_.back()});
  ground_.broker.EndSubscription(id_);
  ground_.reactor.WorldAfter(milliseconds(1), [self = shared_from_this()] { self->gone_ = true; });
}

void Consumer::Finish() {
  if (left_ || std::exchange(finishing_, true)) return;
  ground_.trace.Event("finish", {id_});
  ground_.broker.FinishSubscription(id_);
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
  if (!why && !finishing_) ground_.checker.Fail(Describe() + " ends, and nobody asked for it");
  state_ = State::kEnded;
}

void Consumer::OnDeliveries(std::vector<broker::Delivery> deliveries) {
  if (deliveries.empty()) ground_.checker.Fail(Describe() + " gets no deliveries");
  for (const broker::Delivery& delivery : deliveries) OnDelivery(delivery);
}

void Consumer::OnDelivery(const broker::Delivery& delivery) {
  Held held{{delivery.id.subscription, delivery.id.incarnation, delivery.id.tag},
            broker::FormatDeliveryId(delivery.id)};
  ground_.trace.Event("delivery", {id_, delivery.message->attempt}, held.id);
  if (state_ != State::kActive || gone_) {
    ground_.checker.Fail(Describe() + " gets a delivery out of turn");
  }
  if (held.key.subscription != id_ || *delivery.queue != queue_) {
    return ground_.checker.Fail(Describe() + " gets a delivery of another");
  }
  const auto copy = ground_.settlements.Received(held.key, delivery.message->attempt,
                                                 delivery.message->redelivered);
  if (!copy) return;
  const std::string wrong = WrongWith(delivery, ground_.checker, *copy);
  if (!wrong.empty()) {
    ground_.checker.Fail(Describe() + " gets publish " +
                         std::to_string(ground_.checker.publish_of(*copy)) + " " + wrong);
  }
  if (habits_.invalid && random_.Chance(0.05)) return FindInvalid(delivery.id, held);
  SettleLater(std::move(held));
}

// As a call does on its own thread, a little later.
void Consumer::FindInvalid(const broker::DeliveryId& id, const Held& held) {
  const bool dies = random_.Chance(0.5);
  ground_.reactor.WorldAfter(
      random_.Time({}, milliseconds(5)), [self = shared_from_this(), id, held, dies] {
        self->ground_.trace.Event("invalid", {self->id_, dies}, held.id);
        self->ground_.settlements.FoundInvalid(held.key, dies);
        self->ground_.broker.ReportInvalid(
            self->id_, {{id, dies ? broker::OnInvalid::kDeadLetter : broker::OnInvalid::kReject,
                         "/order_id: required, missing"}});
      });
}

Verb Consumer::RandomVerb() {
  const double draw = random_.Unit();
  return draw >= habits_.failures      ? Verb::kAck
         : draw < habits_.failures / 2 ? Verb::kNack
                                       : Verb::kReject;
}

std::string Consumer::Garbage() {
  if (old_.empty() || random_.Chance(0.3)) return "no such id";
  std::string id = old_[random_.Below(old_.size())].id;
  id[random_.Below(id.size())] = "0123456789abcdef.g"[random_.Below(18)];
  return id;
}

void Consumer::SettleLater(Held held) {
  if (has_deadline_ && random_.Chance(0.3)) ExtendLater(held);
  if (random_.Chance(0.03)) return;  // forgotten
  const base::Duration delay =
      random_.Chance(0.8) ? random_.Time({}, milliseconds(20)) : random_.Time({}, seconds(2));
  ground_.reactor.WorldAfter(delay, [self = shared_from_this(), held = std::move(held)] {
    // One who has left may still settle, and so may one whose subscription is interrupted.
    std::vector<Held> all = {held};
    self->old_.push_back(held);
    if (self->habits_.bad && self->random_.Chance(0.2)) {
      all.push_back(self->old_[self->random_.Below(self->old_.size())]);
    }
    self->Settle(self->RandomVerb(), std::move(all));
  });
}

void Consumer::Settle(Verb verb, std::vector<Held> held) {
  broker::Settlement settlement;
  settlement.verb = verb;
  if (verb == Verb::kNack && habits_.delays && random_.Chance(0.6)) {
    settlement.delay = random_.Chance(0.9) ? random_.Time(milliseconds(10), milliseconds(1'500))
                                           : random_.Time(seconds(2), seconds(100));
  }
  if (verb == Verb::kReject && random_.Chance(0.5)) settlement.cause = "it is no good";
  if (habits_.bad && random_.Chance(0.1)) {
    const std::string garbage = Garbage();
    // It may have become an id that counts.
    const auto id = broker::ParseDeliveryId(garbage);
    held.push_back({id ? SettlementChecker::Key{id->subscription, id->incarnation, id->tag}
                       : SettlementChecker::Key{},
                    garbage});
  }
  const size_t call = ground_.checker.CalledOther("settle", base::kNever);
  for (const Held& one : held) {
    settlement.delivery_ids.push_back(one.id);
    ground_.settlements.Asked(one.key, verb, call, settlement.delay);
    ground_.trace.Event(
        "settle",
        {static_cast<uint64_t>(verb),
         static_cast<uint64_t>(settlement.delay.value_or(base::Duration()) / milliseconds(1))},
        one.id);
  }
  ground_.broker.Settle(std::move(settlement), [self = shared_from_this(), verb, held,
                                                call](const broker::SettleResult& result) {
    self->ground_.checker.AnsweredOther(call);
    self->OnSettled(verb, call, held, result);
  });
}

void Consumer::OnSettled(Verb verb, size_t call, const std::vector<Held>& held,
                         const broker::SettleResult& result) {
  if (result.error) {
    ground_.trace.Event("not settled", {id_}, broker::ReasonName(result.error->reason));
    for (const Held& one : held) ground_.settlements.Refused(one.key, verb, call);
    return;
  }
  for (const Held& one : held) {
    const auto failure =
        std::ranges::find(result.failures, one.id, &broker::SettleFailure::delivery_id);
    if (failure == result.failures.end()) {
      ground_.settlements.Told(one.key, verb, call, std::nullopt);
      continue;
    }
    ground_.trace.Event("not settled", {id_}, broker::SettleReasonName(failure->reason));
    ground_.settlements.Told(one.key, verb, call, failure->reason);
  }
}

void Consumer::ExtendLater(const Held& held) {
  ground_.reactor.WorldAfter(random_.Time({}, milliseconds(50)),
                             [self = shared_from_this(), held] { self->Extend(held); });
}

void Consumer::Extend(const Held& held) {
  const base::Duration more = random_.Time(milliseconds(1), seconds(1));
  ground_.settlements.AskedForTime(held.key, more);
  ground_.trace.Event("extend", {static_cast<uint64_t>(more / milliseconds(1))}, held.id);
  const size_t call = ground_.checker.CalledOther("extend", base::kNever);
  const base::TimePoint asked = ground_.reactor.Now();
  ground_.broker.ExtendAckDeadline({held.id}, more,
                                   [self = shared_from_this(), key = held.key, call, more,
                                    asked](const broker::SettleResult& result) {
                                     self->ground_.checker.AnsweredOther(call);
                                     if (!result.error && result.failures.empty()) {
                                       self->ground_.settlements.ToldOfTime(key, more, asked);
                                     }
                                   });
}

}  // namespace amqp_sidecar::simulation
