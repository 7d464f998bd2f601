// Subscription: one consumer on a channel of its own, which outlives the loss of the link and of
// the channel: it comes back by itself, and tells its listener. io thread. Knows no gRPC.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "amqp/connection.h"
#include "amqp/link.h"
#include "base/reactor.h"
#include "broker/delivery_id.h"
#include "broker/delivery_ledger.h"
#include "broker/types.h"

namespace amqp_sidecar::broker {

class Subscription final : public amqp::Channel::Listener {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    // It has told its listener why it ended. The owner destroys it, not from within the call.
    virtual void OnSubscriptionEnded(SubscriptionId subscription) = 0;
    // Its channel is gone, and with it settlements that it took and did not send.
    virtual void OnSettlementsLost(SubscriptionId subscription) = 0;
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

  struct Identity {
    uint64_t life = 0;
    SubscriptionId id = 0;
  };

  // The references are not owned and outlive this. request.prefetch is set.
  Subscription(base::Reactor& reactor, amqp::Link& link, Owner& owner, Identity identity,
               SubscribeRequest request, std::shared_ptr<SubscriptionListener> listener);
  ~Subscription() override;

  // Null where there is no link now. Called once, before anything else.
  void Start(amqp::Connection* connection);
  void LinkUp(amqp::Connection& connection);
  void LinkDown(const amqp::Failure& failure);

  // Nothing new is handed over; ends (DRAINING) when what the listener holds is settled.
  void Drain();
  // Gives back what is unsettled and tells the listener why.
  void End(Error why);

  // A settlement of one of its deliveries. Nothing: it counts, or was made before in the same way;
  // `taken` tells which.
  std::optional<SettleReason> Settle(const DeliveryId& id, Verb verb, bool& taken);
  // Sends what Settle() took since the last call. Ends, where that was the last of a drain.
  void Flush();

  SubscriptionId id() const { return identity_.id; }
  uint64_t incarnation() const { return incarnation_; }
  const SubscribeRequest& request() const { return request_; }
  size_t unsettled() const { return ledger_.unsettled(); }

  // amqp::Channel::Listener:
  void OnConfirm(uint64_t, bool, bool) override {}
  void OnReturn(amqp::IncomingReturn) override {}
  void OnDelivery(amqp::IncomingDelivery delivery) override;
  void OnOversizedDelivery(uint64_t tag, uint64_t body_bytes) override;
  void OnConsumerCancelled(std::string_view consumer_tag) override;
  void OnClosed(const amqp::Failure& failure) override;

 private:
  enum class State {
    kWaiting,    // for the link, or for the next try
    kConsuming,  // basic.consume is under way
    kActive,     // deliveries come
    kDraining,   // nothing is handed over any more
    kEnded,
  };

  void Consume();
  void OnConsumed();
  void Interrupted(const std::string& why);
  void OnRefused(const amqp::Failure& failure);
  void RetryIn(base::Duration wait);
  void CloseChannel();
  void SendSettlements();
  void EndIfDrained();
  std::string ConsumerTag() const;

  base::Reactor& reactor_;
  amqp::Link& link_;
  Owner& owner_;
  const Identity identity_;
  const SubscribeRequest request_;
  const std::shared_ptr<SubscriptionListener> listener_;

  State state_ = State::kWaiting;
  amqp::Connection* connection_ = nullptr;
  amqp::Channel* channel_ = nullptr;
  DeliveryLedger ledger_;
  uint64_t incarnation_ = 0;
  size_t withheld_ = 0;  // came after Drain(): in the ledger, never handed over
  bool was_active_ = false;
  bool told_interrupted_ = false;
  base::TimePoint active_since_;
  base::TimePoint interrupted_at_;
  base::TimerId retry_timer_ = 0;
};

}  // namespace amqp_sidecar::broker
