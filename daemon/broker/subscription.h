// Subscription: one consumer on a channel of its own, which outlives the loss of the link and of
// the channel: it comes back by itself, and tells its listener. io thread. Knows no gRPC. What
// becomes of its deliveries, its Settler knows.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "amqp/connection.h"
#include "amqp/link.h"
#include "base/reactor.h"
#include "broker/delivery_id.h"
#include "broker/invalid_tally.h"
#include "broker/queue_types.h"
#include "broker/settler.h"
#include "broker/subscription_queue.h"
#include "broker/types.h"

namespace amqp_sidecar::broker {

class Subscription final : public amqp::Channel::Listener, private Settler::Owner {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    // It has told its listener why it ended. The owner destroys it, not from within the call.
    virtual void OnSubscriptionEnded(SubscriptionId subscription) = 0;
    // Its channel is gone, and with it settlements that it took and did not send.
    virtual void OnSettlementsLost(SubscriptionId subscription) = 0;
    // Flush() has something to send.
    virtual void OnSubscriptionFrames(SubscriptionId subscription) = 0;
    // One that may have cost the link wants to consume again. True where it may now; else GoOn() is
    // called when it may. One at a time, until EndTurn(), which may be said at any time: else the
    // others would be taken for it.
    virtual bool TakeTurn(SubscriptionId subscription) = 0;
    virtual void EndTurn(SubscriptionId subscription) = 0;
    // Whether one more channel may be opened for a subscription.
    virtual bool HasRoom() const = 0;
  };

  // A consumer that was lost and does not come back is asked for again this often.
  static constexpr base::Duration kRetryEvery = std::chrono::seconds(1);
  // After the broker cancelled the consumer its queue may still be there for a moment, though it is
  // being deleted: RabbitMQ 4.0 closes the whole connection of one who then asks for a quorum
  // queue.
  static constexpr base::Duration kRetryAfterCancel = std::chrono::milliseconds(300);
  // After a loss the broker may count the old consumer as alive until it misses heartbeats: for
  // this long "another has the queue" is a reason to wait.
  static constexpr base::Duration kExclusiveGrace = std::chrono::seconds(30);
  // The broker closed the connection so often in a row while this was asking for its consumer: once
  // may be chance.
  static constexpr int kMostLinksLost = 2;

  struct Identity {
    uint64_t life = 0;
    SubscriptionId id = 0;
  };

  // Who helps it. Not owned, and outlive it.
  struct Helpers {
    amqp::Link& link;
    ScratchChannel& scratch;
    QueueTypes& queue_types;
    Settler::Helpers settling;
  };

  // request.prefetch and .queue are set.
  Subscription(const Helpers& helpers, Owner& owner, Identity identity, SubscribeRequest request,
               std::shared_ptr<SubscriptionListener> listener);
  ~Subscription() override;

  // Null where there is no link now. Called once, before anything else.
  void Start(amqp::Connection* connection);
  void LinkUp(amqp::Connection& connection);
  void LinkDown(const amqp::Failure& failure);
  // Its turn has come: see Owner::TakeTurn.
  void GoOn();

  // Nothing new is handed over; ends (DRAINING) when what the listener holds is settled.
  void Drain();
  // The same at the listener's wish: ends with nothing.
  void Finish();
  // The listener has not handed these to its client, and will not: nobody will settle them.
  void Withhold(const std::vector<DeliveryId>& deliveries);
  // The bodies of these were found at fault, and its client is not handed those that are not to be
  // delivered. What it settles so, Flush() sends; it says so itself.
  void TakeInvalid(const std::vector<InvalidDelivery>& deliveries);
  // Gives back what is unsettled and tells the listener why.
  void End(std::optional<Error> why);

  // A settlement of one of its deliveries; see Settler. What it took, Flush() sends.
  Settler::Outcome Settle(const DeliveryId& id, const Settlement& how,
                          absl::FunctionRef<Settler::Moved()> moved);
  std::optional<SettleReason> Extend(const DeliveryId& id, base::Duration ack_deadline);
  // Sends what was settled since the last call. Ends, where that was the last of a drain.
  void Flush();

  SubscriptionId id() const { return identity_.id; }
  bool has_channel() const { return channel_ != nullptr; }
  const std::shared_ptr<SubscriptionStatus>& status() const { return status_; }

  // amqp::Channel::Listener:
  void OnConfirm(uint64_t, bool, bool) override {}
  void OnReturn(amqp::IncomingReturn) override {}
  void OnDelivery(amqp::IncomingDelivery&& delivery) override;
  void OnOversizedDelivery(uint64_t tag, uint64_t body_bytes) override;
  void OnConsumerCancelled(std::string_view consumer_tag) override;
  void OnClosed(const amqp::Failure& failure) override;

 private:
  enum class State {
    kWaiting,    // for the link, for its turn, or for the next try
    kPreparing,  // its queue is being declared and bound, or its type asked for
    kConsuming,  // basic.consume is under way
    kActive,     // deliveries come
    kDraining,   // nothing is handed over any more
    kEnded,
  };

  // Settler::Owner:
  void OnFrames() override { owner_.OnSubscriptionFrames(identity_.id); }
  void OnWithdrawn() override { listener_->OnWithdrawn(); }

  void Begin();
  void AskForType();
  void OnType(const QueueTypes::Answer& answer);
  void OnPrepared(const std::optional<amqp::Failure>& failure);
  void Consume();
  amqp::ConsumeArgs ConsumeArguments() const;
  void OnConsumed();
  void Interrupted(const std::string& why);
  void OnRefused(const amqp::Failure& failure, Error error);
  void RetryIn(base::Duration wait);
  void StopConsuming(std::optional<Error> end_with);
  void HandOverSoon();
  void HandOver();
  std::optional<SettleReason> Misses(const DeliveryId& id) const;
  void CloseChannel();
  void SendSettlements();
  void EndIfDrained();
  std::string ConsumerTag() const;

  base::Reactor& reactor_;
  amqp::Link& link_;
  QueueTypes& queue_types_;
  Owner& owner_;
  const Identity identity_;
  const SubscribeRequest request_;
  const std::shared_ptr<const std::string> queue_;
  const std::shared_ptr<SubscriptionListener> listener_;
  const std::shared_ptr<SubscriptionStatus> status_;

  State state_ = State::kWaiting;
  amqp::Connection* connection_ = nullptr;
  amqp::Channel* channel_ = nullptr;
  std::optional<SubscriptionQueue> own_queue_;  // of a subscription to exchanges
  Settler settler_;
  InvalidTally invalid_;
  uint64_t incarnation_ = 0;
  // Came in this turn.
  std::vector<Delivery> fresh_;
  // Tasks that may outlive this hold it only weakly.
  std::shared_ptr<Subscription*> alive_ = std::make_shared<Subscription*>(this);
  // Of a stream: where the newest delivery is, and where the next incarnation goes on; -1: where
  // the request says.
  int64_t last_offset_ = -1;
  int64_t next_offset_ = -1;
  std::optional<Error> end_with_;  // of a drain
  int links_lost_ = 0;
  bool was_active_ = false;
  bool told_interrupted_ = false;
  base::TimePoint active_since_;
  base::TimePoint interrupted_at_;
  base::TimerId retry_timer_ = 0;
};

}  // namespace amqp_sidecar::broker
