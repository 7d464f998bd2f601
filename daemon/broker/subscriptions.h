// Subscriptions: all subscriptions of the sidecar by their id, and the settlements on their way to
// them. io thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "amqp/link.h"
#include "base/reactor.h"
#include "broker/subscription.h"
#include "broker/types.h"

namespace amqp_sidecar::broker {

class Subscriptions final : public Subscription::Owner {
 public:
  struct Options {
    // Marks the delivery ids of this process.
    uint64_t life = 0;
    // Channels of the connection that are not for subscriptions.
    size_t kept_channels = 0;
  };

  // `helpers` are not owned and outlive this. `on_change` is called when a subscription came or
  // went.
  Subscriptions(const Subscription::Helpers& helpers, Options options,
                std::function<void()> on_change)
      : helpers_(helpers), options_(options), on_change_(std::move(on_change)) {}

  void Start(SubscriptionId id, SubscribeRequest request,
             std::shared_ptr<SubscriptionListener> listener);
  // The caller is gone. An id that has ended already is no error; nor is it for the next three.
  void Remove(SubscriptionId id);
  void Finish(SubscriptionId id);
  void Withhold(SubscriptionId id, const std::vector<DeliveryId>& deliveries);
  void TakeInvalid(SubscriptionId id, const std::vector<InvalidDelivery>& deliveries);

  // `ids` are what how.delivery_ids mean, one for one; nothing for one that is no id.
  using Ids = std::vector<std::optional<DeliveryId>>;
  void Settle(Settlement how, const Ids& ids, SettleCallback done);
  void Extend(const std::vector<std::string>& texts, const Ids& ids, base::Duration ack_deadline,
              SettleCallback done);

  void LinkUp(amqp::Connection& connection);
  void LinkDown(const amqp::Failure& failure);

  void Drain();
  void EndAll(const Error& why);
  size_t size() const { return by_id_.size(); }
  std::vector<std::shared_ptr<const SubscriptionStatus>> Statuses() const;

  // Subscription::Owner:
  void OnSubscriptionEnded(SubscriptionId subscription) override;
  void OnSettlementsLost(SubscriptionId subscription) override;
  void OnSubscriptionFrames(SubscriptionId subscription) override;
  bool TakeTurn(SubscriptionId subscription) override;
  void EndTurn(SubscriptionId subscription) override;
  bool HasRoom() const override;

 private:
  // One Settle() on its way to its answer, which is given when its last part has come to its end.
  struct Call {
    SettleResult result;
    SettleCallback done;
    size_t parts = 0;
  };
  struct Taken {
    SubscriptionId subscription;
    std::string text;
  };
  // Settlements of a call whose frames are to be written.
  struct Part {
    std::shared_ptr<Call> call;
    std::vector<Taken> taken;
  };

  std::vector<Subscription*> All();
  // The subscription of `id`; null, and why.
  Subscription* Find(const std::optional<DeliveryId>& id, SettleReason& reason);
  Settler::Moved WhenMoved(std::shared_ptr<Call> call, Taken taken);
  void EndPart(Call& call);
  void Answer(SettleCallback& done, SettleResult result);
  void FlushSoon();
  void Flush();

  const Subscription::Helpers helpers_;
  const Options options_;
  const std::function<void()> on_change_;

  amqp::Connection* connection_ = nullptr;
  std::map<SubscriptionId, std::unique_ptr<Subscription>> by_id_;
  SubscriptionId highest_id_ = 0;
  std::set<SubscriptionId> to_flush_;
  std::vector<Part> unwritten_;
  bool flushing_ = false;
  // Whose turn it is to consume, 0 for nobody, and who waits for it.
  SubscriptionId turn_ = 0;
  std::deque<SubscriptionId> waiting_for_turn_;
};

}  // namespace amqp_sidecar::broker
