// What SettlementChecker knows of retries: what a delivery that fails may come to, by the contract
// and not by the daemon's code, and which delivery it was that the sidecar published again.
#include <algorithm>
#include <chrono>

#include "settlement_checker.h"

namespace amqp_sidecar::simulation {
namespace {

using broker::Verb;
using std::chrono::milliseconds;

// Up to the next of two significant digits.
base::Duration Rounded(base::Duration delay) {
  std::string digits = std::to_string(std::chrono::ceil<milliseconds>(delay).count());
  if (digits.size() <= 2) return milliseconds(std::stoll(digits));
  const bool rest = digits.find_first_not_of('0', 2) != std::string::npos;
  const int64_t head = std::stoll(digits.substr(0, 2)) + (rest ? 1 : 0);
  return milliseconds(std::stoll(std::to_string(head) + std::string(digits.size() - 2, '0')));
}

base::Duration Backoff(const broker::RetryPolicy& policy, uint32_t attempt) {
  if (attempt > 40) return policy.max_backoff;
  const auto doubled = policy.initial_backoff * (int64_t{1} << (attempt - 1));
  return doubled < policy.initial_backoff ? policy.max_backoff
                                          : std::min(policy.max_backoff, doubled);
}

}  // namespace

bool SettlementChecker::too_often(const Key& key, const Delivery& delivery) const {
  const auto terms = terms_.find(key.subscription);
  if (terms == terms_.end() || !terms->second.retry) return false;
  const uint32_t most = terms->second.retry->max_attempts;
  return most > 0 && delivery.attempt > most;
}

bool SettlementChecker::waited(const Delivery& delivery) const {
  const Checker::Journey& journey = checker_.journey(delivery.outgoing.copy);
  return journey.attempts > 0 && journey.queue == delivery.outgoing.queue;
}

SettlementChecker::Way SettlementChecker::WayOf(const Terms& terms, const Delivery& delivery,
                                                const Ask& ask) const {
  using Kind = Way::Kind;
  if (ask.verb == Verb::kAck) return {Kind::kAck, ask.verb, {}, {}, ""};
  const auto& retry = terms.retry;
  const bool last = retry && retry->max_attempts > 0 && delivery.attempt >= retry->max_attempts;
  if (ask.verb == Verb::kReject || last) {
    const std::string dead_by = ask.verb == Verb::kReject ? "reject" : "nack";
    if (retry && !retry->dead_letter_exchange.empty()) {
      return {Kind::kDie, ask.verb, {}, {}, dead_by};
    }
    if (ask.verb == Verb::kReject || terms.dead_letters) {
      return {Kind::kReject, ask.verb, {}, {}, dead_by};
    }
    return {Kind::kDie, ask.verb, {}, {}, dead_by};
  }
  if (!ask.delay && !retry) return {Kind::kRequeue, ask.verb, {}, {}, ""};
  const base::Duration delay = ask.delay ? *ask.delay : Backoff(*retry, delivery.attempt);
  return {Kind::kWait, ask.verb, Rounded(delay), ask.when + delay, ""};
}

std::vector<SettlementChecker::Way> SettlementChecker::Ways(const Key& key,
                                                            const Delivery& delivery) const {
  std::vector<Way> ways;
  const auto found = terms_.find(key.subscription);
  const Terms terms = found == terms_.end() ? Terms() : found->second;
  for (const Ask& ask : delivery.asks) ways.push_back(WayOf(terms, delivery, ask));
  const auto fails = [&](const char* by) {
    ways.push_back(WayOf(terms, delivery, {Verb::kNack, std::nullopt, delivery.deadline_from}));
    ways.back().dead_by = by;
  };
  if (delivery.deadline_from <= checker_.Now()) fails("ack_deadline");
  if (too_often(key, delivery)) fails("redelivery");
  if (delivery.invalid_since != base::kNever) {
    ways.push_back(WayOf(terms, delivery, {Verb::kReject, std::nullopt, delivery.invalid_since}));
    if (delivery.invalid_dies) ways.back().kind = Way::Kind::kDie;
    ways.back().dead_by = "invalid";
  }
  // RabbitMQ would dead-letter one that has waited by the queue's name, so the sidecar does it.
  if (terms.dead_letters && waited(delivery)) {
    for (Way& way : ways) {
      if (way.kind == Way::Kind::kReject) way.kind = Way::Kind::kDie;
    }
  }
  return ways;
}

bool SettlementChecker::MayBeMoved(const Way& way, const Move& move) const {
  if (move.dies) return way.kind == Way::Kind::kDie && way.dead_by == move.dead_by;
  return way.kind == Way::Kind::kWait && way.wait == move.wait;
}

SettlementChecker::Delivery* SettlementChecker::Source(const Move& move, Way& way) {
  Delivery* best = nullptr;
  int best_rank = 0;
  for (const Key& key : of_message_[{move.publish, move.from}]) {
    Delivery& delivery = deliveries_.at(key);
    // Those that nobody was handed are nobody's attempts.
    const bool beyond = move.dies && too_often(key, delivery);
    if (move.attempts !=
        (beyond ? terms_[key.subscription].retry->max_attempts : delivery.attempt)) {
      continue;
    }
    for (const Way& possible : Ways(key, delivery)) {
      if (!MayBeMoved(possible, move)) continue;
      const int rank = delivery.settled != 0 ? 1
                       : delivery.given_back ? 2
                                             : 4 - (delivery.moves > 0);
      if (rank <= best_rank) continue;
      best = &delivery;
      best_rank = rank;
      way = possible;
    }
  }
  return best;
}

Checker::CopyId SettlementChecker::Moved(const Move& move) {
  if (!move.wrong.empty()) {
    checker_.Fail("publish " + std::to_string(move.publish) + " is moved " + move.wrong);
  }
  Way way{};
  Delivery* delivery = Source(move, way);
  if (delivery == nullptr) {
    checker_.Fail("publish " + std::to_string(move.publish) + " of " + move.from + " is moved " +
                  (move.dies ? "to die by " + move.dead_by
                             : "to wait " + std::to_string(move.wait / milliseconds(1)) + " ms") +
                  " after " + std::to_string(move.attempts) + " attempts, as nobody asked");
    return checker_.Stored(move.publish, move.from, true);
  }
  if (checker_.faultless() && delivery->moves > 0) {
    checker_.Fail("publish " + std::to_string(move.publish) + " is moved twice without a fault");
  }
  ++delivery->moves;
  Checker::Journey journey = checker_.journey(delivery->outgoing.copy);
  if (move.first_exchange != journey.exchange || move.first_routing_key != journey.routing_key) {
    checker_.Fail("publish " + std::to_string(move.publish) + " is moved as one of " +
                  move.first_exchange + "/" + move.first_routing_key);
  }
  journey.not_before = way.not_before;
  journey.attempts = move.dies ? 0 : delivery->attempt;
  journey.queue = move.from;
  if (!move.dies) {
    journey.exchange_then = journey.exchange;
    journey.routing_key_then = journey.routing_key;
    journey.died_then = journey.died;
  } else {
    journey.exchange = move.exchange;
    journey.routing_key = move.routing_key;
    journey.killed = true;
  }
  const Checker::CopyId copy = checker_.Moved(delivery->outgoing.copy, journey);
  for (const Key& key : of_message_[{move.publish, move.from}]) {
    if (&deliveries_.at(key) == delivery) moved_[copy] = key;
  }
  return copy;
}

void SettlementChecker::MoveConfirmed(Checker::CopyId copy) {
  const auto moved = moved_.find(copy);
  if (moved != moved_.end()) deliveries_.at(moved->second).arrived.push_back(copy);
}

// The same message may have been delivered twice, and this one's move been taken for the other's.
bool SettlementChecker::WasMoved(const Key& key, Delivery& delivery) {
  const bool may = std::ranges::any_of(Ways(key, delivery), [](const Way& way) {
    return way.kind == Way::Kind::kWait || way.kind == Way::Kind::kDie;
  });
  if (!may) return false;
  size_t acked = 0;
  size_t arrived = 0;
  for (const Key& other : of_message_[{delivery.outgoing.publish, delivery.outgoing.queue}]) {
    Delivery& twin = deliveries_.at(other);
    const bool was_acked = twin.settled == Bit(Verb::kAck);
    acked += was_acked && !asked(twin, Verb::kAck);
    arrived += twin.arrived.size();
    if (twin.arrived.empty() || twin.attempt != delivery.attempt || was_acked) continue;
    const Checker::CopyId copy = twin.arrived.back();
    twin.arrived.pop_back();
    // Then what is on its way for this one is the other's.
    for (auto& [moved, source] : moved_) {
      if (source != key) continue;
      source = other;
      checker_.SetParent(moved, twin.outgoing.copy);
    }
    delivery.arrived.push_back(copy);
    moved_[copy] = key;
    checker_.SetParent(copy, delivery.outgoing.copy);
    return true;
  }
  // Which of them it was cannot be told any more: that there are enough can.
  checker_.LoseTrack(delivery.outgoing.publish);
  return acked <= arrived;
}

}  // namespace amqp_sidecar::simulation
