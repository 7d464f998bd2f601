// BrokerCore: everything behind the door: the link, or the two links, and those who use them, wired
// together. io thread, but for what the door reads.
//
// With a separate consumer connection the subscriptions are on the second link, and so is what
// declares the topology: an exclusive queue belongs to the connection that declared it, and an
// alarm, during which RabbitMQ does not read a connection that publishes, does not reach it there.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "amqp/link.h"
#include "base/mutex.h"
#include "broker/admission.h"
#include "broker/broker.h"
#include "broker/exchange_directory.h"
#include "broker/message_mover.h"
#include "broker/own_queues.h"
#include "broker/publish_account.h"
#include "broker/publisher.h"
#include "broker/queue_types.h"
#include "broker/scratch_channel.h"
#include "broker/subscriptions.h"
#include "broker/topology.h"

namespace amqp_sidecar::broker {

class BrokerCore final {
 public:
  BrokerCore(base::Reactor& reactor, amqp::Dialer& dialer, base::Backoff::Random random,
             Broker::Config config, Broker::StatusListener on_status);
  ~BrokerCore();

  // Constant after construction: any thread.
  base::Reactor& reactor() { return reactor_; }
  const Broker::Config& config() const { return config_; }
  const std::vector<std::string>& logins() const { return logins_; }
  // How long a delivery may be unsettled, well inside what the broker allows.
  base::Duration hold_limit() const;

  // Any thread.
  std::shared_ptr<const Snapshot> snapshot() const;
  // To be taken once for each message: so that none is half under one and half under the next.
  std::shared_ptr<const json::Validator> validator() const;
  void set_validator(std::shared_ptr<const json::Validator> validator);
  SubscriptionId NextSubscriptionId() { return next_subscription_.fetch_add(1); }
  bool draining() const { return draining_.load(std::memory_order_relaxed); }
  void set_draining() { draining_.store(true, std::memory_order_relaxed); }
  // Not 0.
  uint64_t NextStreamId() { return next_stream_.fetch_add(1); }
  Admission& admission() { return admission_; }
  PublishAccount& account() { return account_; }
  const Counters& counters() const { return counters_; }
  Load load() const;

  // Io thread. Every task that is posted opens with this.
  void AssertIoThread() const ABSL_ASSERT_EXCLUSIVE_LOCK(reactor_.role) {
    reactor_.role.AssertCurrent();
  }
  // Begins to connect.
  void Start() ABSL_EXCLUSIVE_LOCKS_REQUIRED(reactor_.role);
  Publisher& publisher() ABSL_EXCLUSIVE_LOCKS_REQUIRED(reactor_.role) { return publisher_; }
  Subscriptions& subscriptions() ABSL_EXCLUSIVE_LOCKS_REQUIRED(reactor_.role) {
    return subscriptions_;
  }
  TopologyKeeper& topology() ABSL_EXCLUSIVE_LOCKS_REQUIRED(reactor_.role) { return topology_; }
  QueueTypes& queue_types() ABSL_EXCLUSIVE_LOCKS_REQUIRED(reactor_.role) { return queue_types_; }
  void Drain(base::TimePoint deadline, base::Task done)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(reactor_.role);
  void UpdateSnapshot();

 private:
  // What a link is for.
  struct Use {
    bool publishing;
    bool consuming;
  };
  class LinkEvents;
  // How long a link has been blocked, in all its blockades that are over.
  struct Blockades {
    base::Duration over{};
    base::TimePoint since = base::kNever;
    void Note(bool blocked, base::TimePoint now);
  };

  void OnLinkUp(Use use, amqp::Connection& connection);
  void OnLinkDown(Use use, const amqp::Failure& failure);
  void OnTopologyChange();
  void BeginConsuming();
  void AwaitDrained(base::TimePoint deadline, base::Task done)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(reactor_.role);

  // Constant after construction.
  base::Reactor& reactor_;
  const Broker::Config config_;
  const Broker::StatusListener on_status_;
  const std::vector<std::string> logins_;
  const uint64_t life_;

  // Written by any thread, and used by those below.
  Counters counters_;
  PublishAccount account_;

  // Owned by the io thread. In the order in which they use each other.
  const std::unique_ptr<LinkEvents> publish_events_;
  const std::unique_ptr<LinkEvents> consume_events_;  // null where one link does both
  amqp::Link publish_link_;
  const std::unique_ptr<amqp::Link> own_consume_link_;  // likewise
  amqp::Link& consume_link_;
  ScratchChannel scratch_;
  ExchangeDirectory directory_;
  QueueTypes queue_types_;
  TopologyKeeper topology_;
  Publisher publisher_;
  OwnQueues own_queues_;
  MessageMover mover_;
  Subscriptions subscriptions_;
  Blockades publish_blockades_;
  Blockades consume_blockades_;
  bool consuming_ = false;  // the subscriptions know of the link

  // Shared.
  std::atomic<bool> draining_ = false;
  std::atomic<SubscriptionId> next_subscription_ = 1;
  std::atomic<uint64_t> next_stream_ = 1;
  Admission admission_;
  mutable base::Mutex mutex_;
  std::shared_ptr<const Snapshot> snapshot_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const json::Validator> validator_ ABSL_GUARDED_BY(mutex_);
};

// Why a task could not be posted: the io thread has stopped, or too much waits for it.
Error NotPosted(const BrokerCore& core);

}  // namespace amqp_sidecar::broker
