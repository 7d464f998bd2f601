// Settler: the deliveries of one subscription that are not settled yet: takes what their consumer
// says of each, or what the clock does, decides what becomes of it, and says which frames to send.
// io thread. Knows no channel.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "base/reactor.h"
#include "broker/delivery_ledger.h"
#include "broker/message_mover.h"
#include "broker/retry_plan.h"
#include "broker/topology.h"
#include "broker/types.h"

namespace amqp_sidecar::broker {

class Settler {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    // TakeFrames() has some that no call of Settle() is the reason for.
    virtual void OnFrames() = 0;
    // Messages that were handed over are withdrawn.
    virtual void OnWithdrawn() = 0;
  };

  // Who helps it. Not owned, and outlive it.
  struct Helpers {
    base::Reactor& reactor;
    MessageMover& mover;
    const TopologyKeeper& topology;
    // How long the broker lets a delivery be unsettled, with a margin. kNoLimit: as long as it may.
    base::Duration hold_limit;
    // For a subscription that does not say. 0: none.
    base::Duration default_ack_deadline;
    Counters& counters;
  };
  static constexpr base::Duration kNoLimit = base::Duration::max();
  // One that was delivered too often, and cannot be moved, is held for so long before it is
  // requeued.
  static constexpr base::Duration kRequeueAfter = std::chrono::seconds(1);

  // How a settlement of one delivery went.
  struct Outcome {
    std::optional<SettleReason> failure;
    // TakeFrames() has the frame.
    bool taken = false;
  };
  // A message was moved, or not; where it was, TakeFrames() has the ack of the original.
  using Moved = absl::AnyInvocable<void(std::optional<SettleReason> failure, std::string detail)>;

  // `request` is not owned and outlives this; its queue and prefetch are set.
  Settler(Helpers helpers, Owner& owner, const SubscribeRequest& request,
          std::shared_ptr<SubscriptionStatus> status);
  ~Settler();

  // A new channel: nothing is unsettled. Moves that are under way are told kStaleDelivery.
  void Reset();

  // The message to hand over; null where it is not to be: it was delivered too often before.
  std::shared_ptr<const ReceivedMessage> Add(uint64_t tag,
                                             std::shared_ptr<const ReceivedMessage> message);
  // A delivery that is not handed over since it cannot be: dead-lettered or dropped by the broker.
  void RejectUnseen(uint64_t tag);
  // Unsettled, and nobody will settle it.
  void Withhold(uint64_t tag);
  // Nobody was handed it, where that is not kDeliver, and it is rejected or dead-lettered. One that
  // is settled already, or whose time is up, is left alone.
  void FailInvalid(uint64_t tag, const InvalidDelivery& invalid);

  // `moved` makes the callback for the one case in which the answer comes later: then Outcome is
  // neither a failure nor taken.
  Outcome Settle(uint64_t tag, const Settlement& how, absl::FunctionRef<Moved()> moved);
  std::optional<SettleReason> Extend(uint64_t tag, base::Duration ack_deadline);

  std::vector<DeliveryLedger::Frame> TakeFrames();
  bool HasFrames() const { return ledger_.HasFrames(); }

  size_t unsettled() const { return ledger_.unsettled(); }
  // Of these, those that somebody has still to settle, or that are being moved.
  size_t awaited() const { return ledger_.awaited(); }
  // The message that is unsettled longest; null where none is.
  const ReceivedMessage* oldest() const;

 private:
  using Mark = DeliveryLedger::Mark;

  // For a failure that no call waits for.
  static Moved Nobody() {
    return [](std::optional<SettleReason>, std::string) {};
  }

  std::optional<SettleReason> Refusal(uint64_t tag, Verb verb, bool& repeated) const;
  // Does what the policy says with one that failed. True where a move is under way, with `moved`.
  bool Fail(uint64_t tag, const FailedDelivery& failed, const std::string& cause,
            absl::FunctionRef<Moved()> moved);
  void Move(uint64_t tag, const Fate& fate, const FailedDelivery& failed, const std::string& cause,
            Moved moved);
  MessageMover::Death DeathOf(const FailedDelivery& failed, const std::string& cause) const;
  void DeadLetterCopy(uint64_t tag, std::shared_ptr<const ReceivedMessage> message,
                      MessageMover::Death death);
  void OnMoved(uint64_t tag, Fate::Kind kind, Moved moved);
  void OnNotMoved(uint64_t tag, Fate::Kind kind, FailedBy by, const Error& error, Moved moved);
  void TellNotMoved(std::string_view what, const Error& error);
  void RequeueLater(uint64_t tag);
  void WatchRequeues();
  std::string ReasonOf(const FailedDelivery& failed, const std::string& cause) const;
  void CountFailed(uint64_t tag, FailedBy by);
  // Its consumer settled it, or its time was up.
  void CountSettled(uint64_t tag, Count DeliveryCounts::* what);
  void Publish() const;

  void WatchDeadlines();
  void OnDeadline();
  void WatchHolding();
  void OnHeldLong();

  const Helpers helpers_;
  Owner& owner_;
  const SubscribeRequest& request_;
  const std::shared_ptr<SubscriptionStatus> status_;
  const base::Duration ack_deadline_;

  DeliveryLedger ledger_;
  // Of the channel: a move that began under another concerns nobody any more. Shared with those
  // under way, so that they see the end of this, too.
  std::shared_ptr<uint64_t> generation_ = std::make_shared<uint64_t>(1);
  base::TimerId deadline_timer_ = 0;
  base::TimePoint deadline_timer_at_ = base::kNever;
  base::TimerId holding_timer_ = 0;
  base::TimerId requeue_timer_ = 0;
  std::deque<std::pair<base::TimePoint, uint64_t>> to_requeue_;  // earliest first
  base::TimePoint told_not_moved_at_ = base::TimePoint::min();
};

}  // namespace amqp_sidecar::broker
