#include "settlement_checker.h"

#include <algorithm>
#include <bit>

namespace amqp_sidecar::simulation {

namespace {

// What nobody's pace holds up is held up for so long.
constexpr base::Duration kBreath = std::chrono::milliseconds(900);

}  // namespace

using broker::SettleReason;
using broker::Verb;

std::string SettlementChecker::Describe(const Key& key) {
  return "delivery " + std::to_string(key.subscription) + "." + std::to_string(key.incarnation) +
         "." + std::to_string(key.tag);
}

bool SettlementChecker::asked(const Delivery& delivery, Verb verb) const {
  return std::ranges::any_of(delivery.asks, [&](const Ask& ask) { return ask.verb == verb; });
}

bool SettlementChecker::repeated(const Delivery& delivery, Verb verb, size_t call) const {
  const auto first = std::ranges::find(delivery.asks, verb, &Ask::verb);
  return first != delivery.asks.end() && first->call != call;
}

// --- The broker.

void SettlementChecker::Sent(const Key& key, Outgoing outgoing) {
  Delivery& delivery = deliveries_[key];
  const Checker::Journey& journey = checker_.journey(outgoing.copy);
  const uint32_t before = journey.queue == outgoing.queue ? journey.attempts : 0;
  delivery.attempt = before + outgoing.returns + 1;
  const base::Duration ack_deadline = terms_[key.subscription].ack_deadline;
  if (ack_deadline > base::Duration::zero()) {
    delivery.deadline_from = checker_.Now() + ack_deadline;
  }
  if (checker_.Now() < journey.not_before) {
    checker_.Fail(Describe(key) + " comes sooner than was asked");
  }
  of_message_[{outgoing.publish, outgoing.queue}].push_back(key);
  delivery.outgoing = std::move(outgoing);
}

Fate SettlementChecker::Settled(const Key& key, Verb verb) {
  Delivery& delivery = deliveries_[key];
  if (delivery.settled != 0) checker_.Fail(Describe(key) + " settled twice at the broker");
  delivery.settled |= Bit(verb);
  if (verb == Verb::kAck) {
    if (!delivery.arrived.empty()) return Fate::kMoved;
    if (asked(delivery, verb)) return Fate::kConsumed;
    if (!WasMoved(key, delivery)) {
      checker_.Fail(Describe(key) + " acked at the broker, and neither asked for nor moved");
    }
    return Fate::kMoved;
  }
  const auto ways = Ways(key, delivery);
  const bool may = std::ranges::any_of(ways, [&](const Way& way) {
    switch (way.kind) {
      case Way::Kind::kAck:
        return false;
      case Way::Kind::kReject:
        return verb == Verb::kReject;
      case Way::Kind::kRequeue:
      case Way::Kind::kWait:  // what could not be moved is requeued
      case Way::Kind::kDie:
        return verb == Verb::kNack;
    }
    return false;
  });
  if (!may) checker_.Fail(Describe(key) + " settled at the broker as nobody asked");
  if (verb == Verb::kNack && delivery.received == 0) {
    base::TimePoint& last = requeued_unseen_[delivery.outgoing.copy];
    if (checker_.Now() - last < kBreath) {
      checker_.Fail(Describe(key) + " goes round, and nobody is handed it");
    }
    last = checker_.Now();
  }
  return Fate::kRejected;
}

void SettlementChecker::GivenBack(const Key& key, bool by_sidecar) {
  Delivery& delivery = deliveries_[key];
  delivery.given_back = true;
  delivery.given_back_by_sidecar = by_sidecar;
  if (by_sidecar && delivery.told_ok != 0) {
    checker_.Fail(Describe(key) + " was settled with OK and given back by the sidecar");
  }
}

// --- The callers.

std::optional<Checker::CopyId> SettlementChecker::Received(const Key& key, uint32_t attempt,
                                                           bool redelivered) {
  const auto found = deliveries_.find(key);
  if (found == deliveries_.end()) {
    checker_.Fail(Describe(key) + " was never sent by the broker");
    return std::nullopt;
  }
  Delivery& delivery = found->second;
  if (++delivery.received > 1) checker_.Fail(Describe(key) + " handed over twice");
  if (attempt != delivery.attempt) {
    checker_.Fail(Describe(key) + " is attempt " + std::to_string(delivery.attempt) + ", not " +
                  std::to_string(attempt));
  }
  if (redelivered != (delivery.outgoing.redelivered || delivery.attempt > 1)) {
    checker_.Fail(Describe(key) + (redelivered ? " is" : " is not") + " said to be redelivered");
  }
  if (too_often(key, delivery)) {
    checker_.Fail(Describe(key) + " is an attempt more than there may be");
  }
  const base::Duration ack_deadline = terms_[key.subscription].ack_deadline;
  if (ack_deadline > base::Duration::zero()) {
    delivery.deadline_from = delivery.deadline_by = checker_.Now() + ack_deadline;
  }
  return delivery.outgoing.copy;
}

void SettlementChecker::Asked(const Key& key, Verb verb, size_t call,
                              std::optional<base::Duration> delay) {
  const auto found = deliveries_.find(key);
  if (found == deliveries_.end()) return;
  found->second.asks.push_back({verb, delay, checker_.Now(), call});
}

void SettlementChecker::Refused(const Key& key, Verb verb, size_t call) {
  const auto found = deliveries_.find(key);
  if (found == deliveries_.end()) return;
  std::erase_if(found->second.asks,
                [&](const Ask& ask) { return ask.verb == verb && ask.call == call; });
}

void SettlementChecker::Told(const Key& key, Verb verb, size_t call,
                             std::optional<SettleReason> failure) {
  const auto found = deliveries_.find(key);
  if (failure) {
    if (found == deliveries_.end()) return;
    Delivery& delivery = found->second;
    if (*failure == SettleReason::kNotMoved) delivery.told_not_moved = true;
    if (*failure == SettleReason::kDeadlineExpired && checker_.Now() < delivery.deadline_from) {
      checker_.Fail(Describe(key) + " is told that its time is up, and it is not");
    }
    return;
  }
  if (found == deliveries_.end()) {
    return checker_.Fail(Describe(key) + " was never delivered and settled with OK");
  }
  Delivery& delivery = found->second;
  // Who asks a second time is told that it was asked for, whatever comes of it.
  if (repeated(delivery, verb, call)) return;
  delivery.told_ok |= Bit(verb);
  delivery.told = checker_.Now();
  if (std::popcount(delivery.told_ok) > 1) {
    checker_.Fail(Describe(key) + " settled with OK in two ways");
  }
  if (delivery.given_back_by_sidecar) {
    checker_.Fail(Describe(key) + " was given back by the sidecar and settled with OK");
  }
}

void SettlementChecker::FoundInvalid(const Key& key, bool dead_letter) {
  const auto found = deliveries_.find(key);
  if (found == deliveries_.end()) return;
  found->second.invalid_since = checker_.Now();
  found->second.invalid_dies = dead_letter;
}

void SettlementChecker::AskedForTime(const Key& key, base::Duration ack_deadline) {
  const auto found = deliveries_.find(key);
  if (found == deliveries_.end() || found->second.deadline_from == base::kNever) return;
  base::TimePoint& from = found->second.deadline_from;
  from = std::min(from, checker_.Now() + ack_deadline);
  found->second.deadline_by = base::kNever;
}

void SettlementChecker::ToldOfTime(const Key& key, base::Duration ack_deadline,
                                   base::TimePoint asked) {
  const auto found = deliveries_.find(key);
  if (found == deliveries_.end() || found->second.deadline_from == base::kNever) return;
  found->second.deadline_from = asked + ack_deadline;
  found->second.deadline_by = checker_.Now() + ack_deadline;
}

// --- At the end.

std::string SettlementChecker::Owed(base::TimePoint time) const {
  for (const auto& [key, delivery] : deliveries_) {
    if (delivery.settled != 0 || delivery.given_back) continue;
    if (delivery.told_ok != 0 && delivery.told < time) {
      return Describe(key) + " was settled with OK, and not at the broker";
    }
    if (delivery.invalid_since < time) return Describe(key) + " was found invalid, and is here";
    if (delivery.received > 0 && delivery.deadline_by < time) {
      return Describe(key) + " is held past its deadline";
    }
  }
  return "";
}

void SettlementChecker::CheckAnswers(const Key& key, const Delivery& delivery) {
  if (delivery.told_ok == 0) return;
  if (delivery.settled == 0) {
    if (!delivery.given_back) {
      checker_.Fail(Describe(key) + " was settled with OK and never at the broker");
    }
    return;
  }
  const bool moved = !delivery.arrived.empty();
  const auto& twins = of_message_.at({delivery.outgoing.publish, delivery.outgoing.queue});
  const bool alone = twins.size() == 1;
  const auto ways = Ways(key, delivery);
  const bool as_told = std::ranges::any_of(ways, [&](const Way& way) {
    if ((delivery.told_ok & Bit(way.verb)) == 0) return false;
    switch (way.kind) {
      case Way::Kind::kAck:
        return delivery.settled == Bit(Verb::kAck) && !(moved && alone);
      case Way::Kind::kRequeue:
        return delivery.settled == Bit(Verb::kNack);
      case Way::Kind::kReject:
        return delivery.settled == Bit(Verb::kReject);
      case Way::Kind::kWait:
      case Way::Kind::kDie:
        return delivery.settled == Bit(Verb::kAck) && (moved || !alone);
    }
    return false;
  });
  if (as_told) return;
  checker_.Fail(Describe(key) + " settled otherwise at the broker (" +
                std::to_string(delivery.settled) + ", " + std::to_string(delivery.arrived.size()) +
                " of " + std::to_string(delivery.moves) + " moves arrived) than was said (" +
                std::to_string(delivery.told_ok) + ")");
}

void SettlementChecker::Finish() {
  for (const auto& [key, delivery] : deliveries_) {
    CheckAnswers(key, delivery);
    // It was cut short, or its time ran out while it was on its way.
    if (delivery.moves > 0 && delivery.settled != Bit(Verb::kAck)) {
      checker_.ExpectDuplicates(delivery.outgoing.publish);
    }
  }
}

}  // namespace amqp_sidecar::simulation
