// What a Settler does with deliveries that failed: by the plan of their subscription they go back,
// are rejected, or are moved. See settler.h.
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "base/planted.h"
#include "broker/settler.h"

namespace amqp_sidecar::broker {
namespace {

// A queue whose messages cannot be moved says so this often at most.
constexpr base::Duration kTellEvery = std::chrono::seconds(1);

DeliveryLedger::Mark MarkOf(FailedBy by) {
  switch (by) {
    case FailedBy::kNack:
      return DeliveryLedger::Mark::kNacked;
    case FailedBy::kReject:
      return DeliveryLedger::Mark::kRejected;
    case FailedBy::kAckDeadline:
      return DeliveryLedger::Mark::kExpired;
    case FailedBy::kRedelivery:
    case FailedBy::kInvalid:
      return DeliveryLedger::Mark::kForgotten;
  }
  return DeliveryLedger::Mark::kForgotten;
}

}  // namespace

bool Settler::Fail(uint64_t tag, const FailedDelivery& failed, const std::string& cause,
                   absl::FunctionRef<Moved()> moved) {
  const auto has_exchange = [this] {
    return helpers_.topology.DeadLetterExchangeOf(request_.queue).has_value();
  };
  Fate fate = PlanRetry(request_.retry, failed, has_exchange);
  // The broker would dead-letter one that has waited by the queue's name, and not by its own key.
  const bool misrouted = fate.kind == Fate::Kind::kReject && ledger_.entry(tag).message->waited;
  if (misrouted && has_exchange()) fate.kind = Fate::Kind::kDeadLetter;
  CountFailed(tag, failed.by);
  switch (fate.kind) {
    case Fate::Kind::kRequeue:
      ledger_.Settle(tag, MarkOf(failed.by), Verb::kNack);
      return false;
    case Fate::Kind::kReject:
      ledger_.Settle(tag, MarkOf(failed.by), Verb::kReject);
      return false;
    case Fate::Kind::kWait:
    case Fate::Kind::kDeadLetter:
      Move(tag, fate, failed, cause, moved());
      return true;
  }
  return false;
}

std::string Settler::ReasonOf(const FailedDelivery& failed, const std::string& cause) const {
  const auto attempts = [&] {
    return absl::StrCat(" at attempt ", failed.attempt, " of ", request_.retry->max_attempts);
  };
  switch (failed.by) {
    case FailedBy::kReject:
      return cause.empty() ? "rejected" : cause;
    case FailedBy::kNack:
      return absl::StrCat("nacked", attempts());
    case FailedBy::kAckDeadline:
      return absl::StrCat("not settled within its acknowledgement deadline", attempts());
    case FailedBy::kRedelivery:
      return absl::StrCat("its consumer was lost", attempts());
    case FailedBy::kInvalid:
      return cause;
  }
  return cause;
}

void Settler::Move(uint64_t tag, const Fate& fate, const FailedDelivery& failed,
                   const std::string& cause, Moved moved) {
  std::shared_ptr<const ReceivedMessage> message = ledger_.entry(tag).message;
  ledger_.Hold(tag, MarkOf(failed.by));
  auto done = [this, generation = generation_, begun_in = *generation_, tag, kind = fate.kind,
               by = failed.by, moved = std::move(moved)](std::optional<Error> error) mutable {
    if (*generation != begun_in) {
      // The broker has the original again, and maybe this one, too.
      return moved(SettleReason::kStaleDelivery, "");
    }
    if (error) {
      OnNotMoved(tag, kind, by, *error, std::move(moved));
    } else {
      OnMoved(tag, kind, std::move(moved));
    }
  };
  if (fate.kind == Fate::Kind::kWait) {
    helpers_.mover.Wait(request_.queue, std::move(message), fate.delay, std::move(done));
    return;
  }
  helpers_.mover.DeadLetter(DeathOf(failed, cause), std::move(message), std::move(done));
}

MessageMover::Death Settler::DeathOf(const FailedDelivery& failed, const std::string& cause) const {
  MessageMover::Death death;
  death.queue = request_.queue;
  if (request_.retry && !request_.retry->dead_letter_exchange.empty()) {
    death.exchange = request_.retry->dead_letter_exchange;
    death.routing_key = request_.retry->dead_letter_routing_key;
  } else if (const auto exchange = helpers_.topology.DeadLetterExchangeOf(request_.queue)) {
    death.exchange = *exchange;
    death.routing_key = helpers_.topology.DeadLetterRoutingKeyOf(request_.queue);
  }
  death.note = {failed.by, failed.attempt, ReasonOf(failed, cause),
                std::chrono::system_clock::now()};
  return death;
}

void Settler::FailInvalid(uint64_t tag, const InvalidDelivery& invalid) {
  if (invalid.action == OnInvalid::kDeliver) return;
  // Its time may be up since.
  if (ledger_.Judge(tag, Verb::kReject) != DeliveryLedger::Outcome::kOpen) return;
  std::shared_ptr<const ReceivedMessage> message = ledger_.entry(tag).message;
  FailedDelivery failed{FailedBy::kInvalid, message->attempt};
  failed.dead_letter = invalid.action == OnInvalid::kDeadLetter;
  if (!failed.dead_letter) status_->Add(&DeliveryCounts::rejected);
  if (!IsOfStream(*message)) {
    if (!Fail(tag, failed, invalid.reason, Nobody)) owner_.OnFrames();
  } else if (failed.dead_letter) {
    ledger_.Hold(tag, MarkOf(failed.by));
    DeadLetterCopy(tag, std::move(message), DeathOf(failed, invalid.reason));
  } else {
    // The stream keeps it, and nobody else is to have it.
    ledger_.Settle(tag, MarkOf(failed.by), Verb::kAck);
    owner_.OnFrames();
  }
}

// A stream does not deliver it again to be moved then: it is tried here until the broker has it.
void Settler::DeadLetterCopy(uint64_t tag, std::shared_ptr<const ReceivedMessage> message,
                             MessageMover::Death death) {
  auto done = [=, this, generation = generation_,
               begun_in = *generation_](std::optional<Error> error) {
    if (*generation != begun_in) return;
    if (!error) return OnMoved(tag, Fate::Kind::kDeadLetter, Nobody());
    TellNotMoved("message not moved: to be tried again", *error);
    helpers_.reactor.After(kRequeueAfter, [=, this] {
      if (*generation == begun_in) DeadLetterCopy(tag, message, death);
    });
  };
  helpers_.mover.DeadLetter(death, message, std::move(done));
}

void Settler::OnMoved(uint64_t tag, Fate::Kind kind, Moved moved) {
  ledger_.Release(tag, Verb::kAck);
  status_->Add(kind == Fate::Kind::kWait ? &DeliveryCounts::retried
                                         : &DeliveryCounts::dead_lettered);
  moved(std::nullopt, "");
  owner_.OnFrames();
}

void Settler::OnNotMoved(uint64_t tag, Fate::Kind kind, FailedBy by, const Error& error,
                         Moved moved) {
  TellNotMoved("message not moved: requeued", error);
  if (by == FailedBy::kRedelivery || by == FailedBy::kInvalid) return RequeueLater(tag);
  const bool planted = base::Planted(base::PlantedBug::kLostMoveAcked);
  ledger_.Release(tag, planted ? Verb::kAck : Verb::kNack);
  moved(
      SettleReason::kNotMoved,
      absl::StrCat("it was requeued at once, since it could not be ",
                   kind == Fate::Kind::kWait ? "made to wait: " : "dead-lettered: ", error.detail));
  owner_.OnFrames();
}

void Settler::TellNotMoved(std::string_view what, const Error& error) {
  const base::TimePoint now = helpers_.reactor.Now();
  if (now < told_not_moved_at_ + kTellEvery) return;
  told_not_moved_at_ = now;
  base::Log(
      base::LogLevel::kWarn, what,
      {{"queue", request_.queue}, {"reason", ReasonName(error.reason)}, {"detail", error.detail}});
}

// Nobody was handed it: it would come again at once, and fail again, as fast as the broker can.
void Settler::RequeueLater(uint64_t tag) {
  to_requeue_.emplace_back(helpers_.reactor.Now() + kRequeueAfter, tag);
  WatchRequeues();
}

// Each has its own time: it may have come from another consumer, which held it just before.
void Settler::WatchRequeues() {
  if (requeue_timer_ != 0 || to_requeue_.empty()) return;
  requeue_timer_ = helpers_.reactor.At(to_requeue_.front().first, [this] {
    requeue_timer_ = 0;
    while (!to_requeue_.empty() && to_requeue_.front().first <= helpers_.reactor.Now()) {
      ledger_.Release(to_requeue_.front().second, Verb::kNack);
      to_requeue_.pop_front();
    }
    WatchRequeues();
    owner_.OnFrames();
  });
}

void Settler::CountFailed(uint64_t tag, FailedBy by) {
  switch (by) {
    case FailedBy::kNack:
      return CountSettled(tag, &DeliveryCounts::nacked);
    case FailedBy::kReject:
      return CountSettled(tag, &DeliveryCounts::rejected);
    case FailedBy::kAckDeadline:
      return CountSettled(tag, &DeliveryCounts::deadline_expired);
    case FailedBy::kRedelivery:
    case FailedBy::kInvalid:
      break;
  }
}

}  // namespace amqp_sidecar::broker
