// Subscriptions: all subscriptions of the sidecar by their id, and the settlements on their way to
// them. io thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
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
  // `life` marks the delivery ids of this process. The references are not owned and outlive this.
  Subscriptions(base::Reactor& reactor, amqp::Link& link, uint64_t life)
      : reactor_(reactor), link_(link), life_(life) {}

  void Start(SubscriptionId id, SubscribeRequest request,
             std::shared_ptr<SubscriptionListener> listener);
  // The caller is gone. An id that has ended already is no error.
  void Remove(SubscriptionId id);

  void Settle(Verb verb, const std::vector<std::string>& delivery_ids, SettleCallback done);

  void LinkUp(amqp::Connection& connection);
  void LinkDown(const amqp::Failure& failure);

  void Drain();
  void EndAll(const Error& why);
  size_t size() const { return by_id_.size(); }

  // Subscription::Owner:
  void OnSubscriptionEnded(SubscriptionId subscription) override;
  void OnSettlementsLost(SubscriptionId subscription) override;

 private:
  // A Settle call that waits for its frames to be written.
  struct Unwritten {
    std::vector<std::string> taken;
    SettleResult result;
    SettleCallback done;
  };

  std::vector<Subscription*> All();
  std::optional<SettleReason> SettleOne(const std::string& text, Verb verb, bool& taken);
  void FlushSoon();
  void Flush();

  base::Reactor& reactor_;
  amqp::Link& link_;
  const uint64_t life_;

  amqp::Connection* connection_ = nullptr;
  std::map<SubscriptionId, std::unique_ptr<Subscription>> by_id_;
  SubscriptionId highest_id_ = 0;
  std::set<SubscriptionId> to_flush_;
  std::vector<Unwritten> unwritten_;
  bool flushing_ = false;
};

}  // namespace amqp_sidecar::broker
