// BrokerCore: everything behind the door: the link and those who use it, wired together. io thread,
// but for what the door reads.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "amqp/link.h"
#include "broker/broker.h"
#include "broker/exchange_directory.h"
#include "broker/publisher.h"
#include "broker/scratch_channel.h"
#include "broker/subscriptions.h"
#include "broker/topology.h"

namespace amqp_sidecar::broker {

class BrokerCore final : public amqp::Link::Listener {
 public:
  BrokerCore(base::Reactor& reactor, amqp::Dialer& dialer, base::Backoff::Random random,
             Broker::Config config, Broker::StatusListener on_status);
  ~BrokerCore() override;

  // Constant after construction: any thread.
  base::Reactor& reactor() { return reactor_; }
  const Broker::Config& config() const { return config_; }
  const json::Validator& validator() const { return validator_; }
  const std::vector<std::string>& logins() const { return logins_; }

  // Any thread.
  std::shared_ptr<const Snapshot> snapshot() const;
  SubscriptionId NextSubscriptionId() { return next_subscription_.fetch_add(1); }
  bool draining() const { return draining_.load(std::memory_order_relaxed); }
  void set_draining() { draining_.store(true, std::memory_order_relaxed); }
  // Takes a message of `bytes` into account, or says that the bounds do not allow it.
  [[nodiscard]] bool Admit(size_t bytes);
  void Release(size_t bytes);

  // Io thread. Every task that is posted opens with this.
  void AssertIoThread() const ABSL_ASSERT_EXCLUSIVE_LOCK(reactor_.role) {
    reactor_.role.AssertCurrent();
  }
  amqp::Link& link() ABSL_EXCLUSIVE_LOCKS_REQUIRED(reactor_.role) { return link_; }
  Publisher& publisher() ABSL_EXCLUSIVE_LOCKS_REQUIRED(reactor_.role) { return publisher_; }
  Subscriptions& subscriptions() ABSL_EXCLUSIVE_LOCKS_REQUIRED(reactor_.role) {
    return subscriptions_;
  }
  TopologyKeeper& topology() ABSL_EXCLUSIVE_LOCKS_REQUIRED(reactor_.role) { return topology_; }
  void Drain(base::TimePoint deadline, base::Task done)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(reactor_.role);

  // amqp::Link::Listener:
  void OnLinkUp(amqp::Connection& connection, uint64_t epoch) override;
  void OnLinkDown(const amqp::Failure& failure) override;
  void OnLinkBlocked(std::string_view reason) override;
  void OnLinkUnblocked() override;
  void OnPublishRoom() override;
  void OnLinkStatus() override;

 private:
  void OnTopologyChange();
  void UpdateSnapshot();
  void AwaitDrained(base::TimePoint deadline, base::Task done)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(reactor_.role);

  // Constant after construction.
  base::Reactor& reactor_;
  const Broker::Config config_;
  const Broker::StatusListener on_status_;
  const json::Validator validator_;
  const std::vector<std::string> logins_;
  const uint64_t life_;

  // Owned by the io thread. In the order in which they use each other.
  amqp::Link link_;
  ScratchChannel scratch_;
  ExchangeDirectory directory_;
  TopologyKeeper topology_;
  Publisher publisher_;
  Subscriptions subscriptions_;

  // Shared.
  std::atomic<bool> draining_ = false;
  std::atomic<SubscriptionId> next_subscription_ = 1;
  std::atomic<size_t> in_flight_messages_ = 0;
  std::atomic<size_t> in_flight_bytes_ = 0;
  mutable absl::Mutex mutex_;
  std::shared_ptr<const Snapshot> snapshot_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace amqp_sidecar::broker
