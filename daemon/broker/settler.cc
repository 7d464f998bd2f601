#include "broker/settler.h"

#include <chrono>
#include <utility>

#include "base/log.h"

namespace amqp_sidecar::broker {
namespace {

int64_t Milliseconds(base::Duration time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

}  // namespace

Settler::Settler(Helpers helpers, Owner& owner, const SubscribeRequest& request,
                 std::shared_ptr<SubscriptionStatus> status)
    : helpers_(helpers),
      owner_(owner),
      request_(request),
      status_(std::move(status)),
      ack_deadline_(request.ack_deadline.value_or(helpers.default_ack_deadline)),
      ledger_(request.prefetch) {}

Settler::~Settler() { Reset(); }

void Settler::Reset() {
  ++*generation_;
  ledger_ = DeliveryLedger(request_.prefetch);
  helpers_.reactor.Cancel(std::exchange(deadline_timer_, 0));
  helpers_.reactor.Cancel(std::exchange(holding_timer_, 0));
  helpers_.reactor.Cancel(std::exchange(requeue_timer_, 0));
  to_requeue_.clear();
  deadline_timer_at_ = base::kNever;
  Publish();
}

std::shared_ptr<const ReceivedMessage> Settler::Add(
    uint64_t tag, std::shared_ptr<const ReceivedMessage> message) {
  const base::TimePoint now = helpers_.reactor.Now();
  DeliveryLedger::Entry entry{message, now};
  // A stream takes nothing back.
  const bool expires = ack_deadline_ > base::Duration::zero() && !IsOfStream(*message);
  if (expires) entry.deadline = now + ack_deadline_;
  ledger_.Add(tag, std::move(entry));
  const bool too_often = request_.retry && request_.retry->max_attempts > 0 &&
                         message->attempt > request_.retry->max_attempts;
  if (too_often) {
    // Those that came beyond were not handed over either, and are nobody's attempts.
    const FailedDelivery failed{FailedBy::kRedelivery, request_.retry->max_attempts, std::nullopt};
    if (!Fail(tag, failed, "", Nobody)) owner_.OnFrames();
    message = nullptr;
  }
  WatchDeadlines();
  WatchHolding();
  Publish();
  return message;
}

void Settler::RejectUnseen(uint64_t tag) {
  ledger_.Add(tag, {nullptr, helpers_.reactor.Now()});
  ledger_.Settle(tag, Mark::kRejected, Verb::kReject);
}

void Settler::Withhold(uint64_t tag) {
  if (ledger_.Judge(tag, Verb::kAck) == DeliveryLedger::Outcome::kOpen) ledger_.Withhold(tag);
}

std::optional<SettleReason> Settler::Refusal(uint64_t tag, Verb verb, bool& repeated) const {
  repeated = false;
  switch (ledger_.Judge(tag, verb)) {
    case DeliveryLedger::Outcome::kOpen:
      return std::nullopt;
    case DeliveryLedger::Outcome::kRepeated:
      repeated = true;
      return std::nullopt;
    case DeliveryLedger::Outcome::kAlreadySettled:
      return SettleReason::kAlreadySettled;
    case DeliveryLedger::Outcome::kExpired:
      return SettleReason::kDeadlineExpired;
    case DeliveryLedger::Outcome::kUnknown:
      return SettleReason::kUnknownDelivery;
  }
  return SettleReason::kUnknownDelivery;
}

Settler::Outcome Settler::Settle(uint64_t tag, const Settlement& how,
                                 absl::FunctionRef<Moved()> moved) {
  bool repeated = false;
  const auto refusal = Refusal(tag, how.verb, repeated);
  if (refusal || repeated) return {refusal, false};
  if (how.verb == Verb::kAck) {
    CountSettled(tag, &DeliveryCounts::acked);
    ledger_.Settle(tag, Mark::kAcked, Verb::kAck);
    return {std::nullopt, true};
  }
  const ReceivedMessage& message = *ledger_.entry(tag).message;
  if (IsOfStream(message)) return {SettleReason::kNotRequeueable, false};
  FailedDelivery failed;
  failed.by = how.verb == Verb::kReject ? FailedBy::kReject : FailedBy::kNack;
  failed.attempt = message.attempt;
  failed.delay = how.delay;
  failed.not_attempted = how.not_attempted;
  return {std::nullopt, !Fail(tag, failed, how.cause, moved)};
}

void Settler::CountSettled(uint64_t tag, Count DeliveryCounts::* what) {
  status_->Add(what);
  helpers_.counters.settle_time.Observe(helpers_.reactor.Now() - ledger_.entry(tag).since);
}

std::optional<SettleReason> Settler::Extend(uint64_t tag, base::Duration ack_deadline) {
  bool repeated = false;
  if (const auto refusal = Refusal(tag, Verb::kAck, repeated)) return refusal;
  if (repeated) return SettleReason::kAlreadySettled;
  const DeliveryLedger::Entry& entry = ledger_.entry(tag);
  if (entry.deadline == base::kNever) return std::nullopt;
  const base::Duration held = helpers_.reactor.Now() - entry.since;
  if (helpers_.hold_limit != kNoLimit && ack_deadline > helpers_.hold_limit - held) {
    return SettleReason::kDeadlineLimit;
  }
  ledger_.SetDeadline(tag, helpers_.reactor.Now() + ack_deadline);
  WatchDeadlines();
  return std::nullopt;
}

void Settler::Publish() const {
  status_->unsettled.store(static_cast<uint32_t>(ledger_.unsettled()), std::memory_order_relaxed);
  const DeliveryLedger::Entry* oldest = ledger_.oldest();
  status_->oldest_unsettled.store(
      oldest == nullptr ? SubscriptionStatus::kNoneUnsettled : oldest->since,
      std::memory_order_relaxed);
}

std::vector<DeliveryLedger::Frame> Settler::TakeFrames() {
  auto frames = ledger_.TakeFrames();
  Publish();
  return frames;
}

const ReceivedMessage* Settler::oldest() const {
  const DeliveryLedger::Entry* entry = ledger_.oldest();
  return entry == nullptr ? nullptr : entry->message.get();
}

// One timer, for the earliest; what is settled meanwhile has it fire for nothing.
void Settler::WatchDeadlines() {
  const base::TimePoint next = ledger_.NextDeadline();
  if (next >= deadline_timer_at_) return;
  helpers_.reactor.Cancel(deadline_timer_);
  deadline_timer_at_ = next;
  deadline_timer_ = helpers_.reactor.At(next, [this] { OnDeadline(); });
}

void Settler::OnDeadline() {
  deadline_timer_ = 0;
  deadline_timer_at_ = base::kNever;
  const std::vector<uint64_t> due = ledger_.Due(helpers_.reactor.Now());
  for (const uint64_t tag : due) {
    const std::shared_ptr<const ReceivedMessage> message = ledger_.entry(tag).message;
    message->withdrawn.store(true, std::memory_order_relaxed);
    Fail(tag, {FailedBy::kAckDeadline, message->attempt, std::nullopt}, "", Nobody);
  }
  if (!due.empty()) {
    base::Log(base::LogLevel::kWarn, "acknowledgement deadline passed: taken back",
              {{"queue", request_.queue},
               {"deliveries", due.size()},
               {"ack_deadline_ms", Milliseconds(ack_deadline_)}});
    owner_.OnWithdrawn();
    owner_.OnFrames();
  }
  WatchDeadlines();
}

// Whoever holds a delivery for so long is about to lose it, and the channel with it.
void Settler::WatchHolding() {
  if (holding_timer_ != 0 || helpers_.hold_limit == kNoLimit) return;
  const DeliveryLedger::Entry* oldest = ledger_.oldest();
  if (oldest == nullptr) return;
  const base::TimePoint at = std::max(oldest->since + helpers_.hold_limit, helpers_.reactor.Now());
  holding_timer_ = helpers_.reactor.At(at, [this] { OnHeldLong(); });
}

void Settler::OnHeldLong() {
  holding_timer_ = 0;
  const DeliveryLedger::Entry* oldest = ledger_.oldest();
  if (oldest == nullptr) return;
  const base::Duration held = helpers_.reactor.Now() - oldest->since;
  if (held < helpers_.hold_limit) return WatchHolding();
  base::Log(base::LogLevel::kWarn,
            "a delivery is unsettled for so long that the broker may soon close its channel",
            {{"queue", request_.queue},
             {"unsettled", ledger_.unsettled()},
             {"oldest_ms", Milliseconds(held)}});
  // Told again when as much time has gone by.
  holding_timer_ = helpers_.reactor.After(helpers_.hold_limit, [this] { OnHeldLong(); });
}

}  // namespace amqp_sidecar::broker
