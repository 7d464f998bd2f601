// PublishLane: one publish channel: hands the publishes that wait for it to the connection, in
// order, and brings back what the broker says of each. Opens its channel again when that ends. io
// thread. Decides nothing about a message: its owner, the Publisher, does.
#pragma once

#include <cstddef>
#include <string>

#include "amqp/connection.h"
#include "amqp/link.h"
#include "base/reactor.h"
#include "broker/confirm_window.h"
#include "broker/lane_queue.h"
#include "broker/pending_publish.h"

namespace amqp_sidecar::broker {

class PublishLane final : public amqp::Channel::Listener {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void OnConfirmed(PendingPublish& publish, bool returned) = 0;
    virtual void OnRefused(PublishLane& lane, PendingPublish& publish) = 0;
    // A return of it could be taken for that of another which is on the wire here. True where the
    // owner moved it elsewhere; else it waits here for the other's end, and those behind it too.
    [[nodiscard]] virtual bool OnAmbiguous(PublishLane& lane, PendingPublish& publish) = 0;
    // Its properties do not fit one frame of this connection.
    virtual void OnNotEncodable(PendingPublish& publish) = 0;
    // The channel ended, by the broker or for its replacement. Everything that was on it is in
    // unconfirmed(), oldest first; the owner moves all of it elsewhere.
    virtual void OnLaneClosed(PublishLane& lane, const amqp::Failure& failure) = 0;
  };

  // A channel is replaced because of a refusal at most this often.
  static constexpr base::Duration kReplaceEvery = std::chrono::seconds(1);
  // For this long after a lost link came back, a refusal may come of a quorum queue whose leader
  // died with that link. RabbitMQ 3.10 then refuses for as long as the channel lives, while a new
  // channel works once there is a leader: it is tried again and again, this often. An election took
  // 5.5 s where a node died soon after another had come back.
  static constexpr base::Duration kElection = std::chrono::seconds(10);
  static constexpr base::Duration kReplaceInElection = std::chrono::milliseconds(200);
  // What is still unanswered on a channel to be replaced after this long is published again.
  static constexpr base::Duration kReplaceWithin = std::chrono::seconds(2);
  // What came by streams is on the wire up to here, unconfirmed; more waits, where a call gets past
  // it. RabbitMQ has a channel hand 400 messages to a queue before the queue says that it follows
  // (credit_flow_default_credit); with many more it stops reading the connection, and a call waits
  // behind all of them. A call's p99 beside a saturated stream to another queue was 15 ms with 400,
  // 17 ms with 600, 49 ms with 800; with 400 the stream cost a fifth more CPU than with 1000.
  static constexpr size_t kMostStreamed = 600;
  static constexpr size_t kMostStreamedBytes = 4u << 20;
  // A channel that ended sooner than this is opened again only after as long.
  static constexpr base::Duration kOpenEvery = std::chrono::milliseconds(100);

  struct Options {
    size_t max_open;  // publishes on the wire
    // A channel that confirms nothing for this long, though it has something to confirm, is given
    // up: its end has the kind kTimedOut. The time does not run while the broker cannot be blamed:
    // see Connection::OperationTime.
    base::Duration silence;
  };

  // The references are not owned and outlive this.
  PublishLane(base::Reactor& reactor, amqp::Link& link, Owner& owner, Options options)
      : reactor_(reactor), link_(link), owner_(owner), options_(options) {}
  ~PublishLane() override;

  // In order; goes out as soon as the channel takes it.
  void Enqueue(PendingPublish& publish);
  // The same, ahead of what came later.
  void EnqueueAgain(PendingPublish& publish);

  // The link came up at `since`, which may be a while ago. No change where it is up here already.
  void LinkUp(amqp::Connection& connection, base::TimePoint since);
  // Everything is in unconfirmed() (what was written) and waiting() afterwards, in order.
  void LinkDown();

  // Hands over what waits, as far as the connection has room.
  void Pump();

  // Takes back what none of whose bytes are out: it waits again. For an alarm, and for a deadline.
  void WithdrawUnwritten();

  // The publish, which is on the wire, has had its answer.
  void Forget(PendingPublish& publish) { window_.Forget(publish.tag); }

  // Brings up a fresh channel when everything on this one has been answered. Nothing more goes out
  // before it is there. False where the last one is too young (kReplaceEvery); within kElection
  // only a wait is the consequence.
  bool Replace();
  // Whether a refusal may come of a leader that is missing.
  bool InElection() const;
  LaneQueue& waiting() { return waiting_; }
  PublishList& unconfirmed() { return unconfirmed_; }
  // In OnLaneClosed: there was one more on the channel, at least, that has had its answer already.
  bool had_forgotten() const { return had_forgotten_; }

  // amqp::Channel::Listener:
  void OnConfirm(uint64_t tag, bool multiple, bool acked) override;
  void OnReturn(amqp::IncomingReturn message) override;
  void OnDelivery(amqp::IncomingDelivery&&) override {}
  void OnOversizedDelivery(uint64_t, uint64_t) override {}
  void OnConsumerCancelled(std::string_view) override {}
  void OnClosed(const amqp::Failure& failure) override;

 private:
  enum class State { kDown, kOpening, kReady, kReplacing };

  void Open();
  void OpenLater();
  bool StreamsMayGo() const;
  void Submit(PendingPublish& publish, uint64_t return_key);
  void CollectUnconfirmed();
  void FinishReplacing(bool now);
  void FinishReplacingAfter(base::Duration delay);
  void ReplaceNow(const amqp::Failure& why);
  // Counts the silence from now on.
  void Heard();
  void ListenUntil(base::Duration operation_time);
  void StopTimers();

  base::Reactor& reactor_;
  amqp::Link& link_;
  Owner& owner_;
  const Options options_;

  State state_ = State::kDown;
  amqp::Connection* connection_ = nullptr;
  amqp::Channel* channel_ = nullptr;
  ConfirmWindow window_;
  LaneQueue waiting_;
  PublishList unconfirmed_;
  bool lost_before_ = false;
  base::TimePoint link_up_at_ = base::TimePoint::min();
  bool had_forgotten_ = false;
  base::TimePoint replaced_at_ = base::TimePoint::min();
  base::TimePoint replace_not_before_ = base::TimePoint::min();
  base::TimePoint opened_at_ = base::TimePoint::min();
  base::TimerId open_timer_ = 0;
  base::TimerId replace_timer_ = 0;
  base::Duration silent_since_{};  // as OperationTime counts
  base::TimerId silence_timer_ = 0;
};

}  // namespace amqp_sidecar::broker
