// Broker: the door to the broker layer. Any thread comes in here; what it asks for is checked and
// encoded on its own thread, posted to the io thread and done there. Every callback is called once,
// on the io thread (or from within the call where the door itself refuses), and must not block.
// Knows no gRPC.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "amqp/link.h"
#include "amqp/transport.h"
#include "base/backoff.h"
#include "base/reactor.h"
#include "broker/publish_stream.h"
#include "broker/types.h"
#include "json/validator.h"

namespace amqp_sidecar::broker {

class BrokerCore;

class Broker {
 public:
  struct Config {
    amqp::Link::Options link;
    base::Duration operation_timeout = std::chrono::seconds(5);
    uint32_t publish_channels = 2;  // 1 to 16
    // A second connection, for subscriptions and topology.
    bool separate_consumer_connection = false;
    size_t max_message_bytes = 1u << 20;
    size_t max_in_flight_messages = 10'000;
    size_t max_in_flight_bytes = 64u << 20;
    uint32_t default_prefetch = 64;         // 1 to 65535
    base::Duration default_ack_deadline{};  // 0: none
    // How long the broker lets a delivery be unsettled. 0: as long as it may.
    base::Duration broker_consumer_timeout = std::chrono::minutes(30);
    Topology topology;
    TopologyMode topology_mode = TopologyMode::kDeclare;
    std::vector<std::string> exchange_types;  // of the broker's plugins; others are refused
    json::Validator::Options validation;
  };

  using StatusListener = std::function<void(const Snapshot&)>;

  // `reactor` and `dialer` are not owned and outlive the broker. `random` gives numbers from 0 up
  // to, not including, 1. `on_status` is called on the io thread at every change of the snapshot.
  Broker(base::Reactor& reactor, amqp::Dialer& dialer, base::Backoff::Random random, Config config,
         StatusListener on_status);
  // After the io thread has ended.
  ~Broker();

  // Begins to connect.
  void Start();

  void Publish(PublishRequest request, PublishCallback done);
  // A publish that failed with `error` before it came here: counted and logged as those that did.
  // Any thread.
  void CountRefused(const PublishRequest& request, const Error& error);

  // A stream of publishes, which is slowed rather than refused where the bounds are reached. To be
  // gone before the broker is.
  std::unique_ptr<PublishStream> OpenPublishStream(std::shared_ptr<PublishListener> listener);

  // `listener` hears OnEvent(kSubscribed) first, or kInterrupted where the broker is away, or
  // OnEnd.
  SubscriptionId Subscribe(SubscribeRequest request,
                           std::shared_ptr<SubscriptionListener> listener);
  // The caller is gone: what is unsettled goes back to the queue at once. A call to the listener
  // that is under way may still come to its end; OnEnd is not called. An id that has ended is no
  // error.
  void EndSubscription(SubscriptionId subscription);

  // Its client wants nothing more: nothing new is handed over, and it ends, with nothing, when what
  // it holds is settled.
  void FinishSubscription(SubscriptionId subscription);
  // Deliveries of it that were handed over and that its client did not get, and will not: nobody
  // will settle them.
  void WithholdDeliveries(SubscriptionId subscription, std::vector<DeliveryId> deliveries);

  // Of deliveries of any subscription. The callback comes when every settlement that counts has
  // been handed to the kernel on the live channel, and what it had moved is confirmed.
  void Settle(Settlement settlement, SettleCallback done);
  // `ack_deadline` from now, above 0.
  void ExtendAckDeadline(std::vector<std::string> delivery_ids, base::Duration ack_deadline,
                         SettleCallback done);

  // What these name is declared again after every reconnect, until it is deleted here. Each is
  // answered by `deadline`.
  void Declare(Topology topology, base::TimePoint deadline, TopologyCallback done);
  void DeleteQueue(std::string name, bool if_unused, bool if_empty, base::TimePoint deadline,
                   TopologyCallback done);
  void DeleteExchange(std::string name, bool if_unused, base::TimePoint deadline,
                      TopologyCallback done);
  void UnbindQueue(Binding binding, base::TimePoint deadline, TopologyCallback done);
  void PurgeQueue(std::string name, base::TimePoint deadline, TopologyCallback done);
  void GetQueue(std::string name, base::TimePoint deadline, TopologyCallback done);

  // How the broker differs from Config::topology, by `deadline`. Changes nothing, where the mode is
  // not kDeclare.
  void CompareTopology(base::TimePoint deadline, ComparisonCallback done);

  // Sets delivery.invalid_reason where validation finds the body at fault, and says what is to
  // become of it: unless that is kDeliver, it must not be handed on. For the thread that would.
  std::optional<InvalidDelivery> Inspect(Delivery& delivery) const;
  // What Inspect() found of deliveries of this subscription: counts them, and does with each what
  // is to be done.
  void ReportInvalid(SubscriptionId subscription, std::vector<InvalidDelivery> deliveries);

  // Takes the place of the one made of Config::validation, for every body that is looked at from
  // now on. Any thread.
  void SetValidator(std::shared_ptr<const json::Validator> validator);

  // As it was at its last change; what changes too often to be told of each time (the number of
  // channels) may be older, until somebody asked for a fresh one. Any thread.
  std::shared_ptr<const Snapshot> snapshot() const;
  void RefreshSnapshot();

  // Since the start, and now. Any thread.
  const Counters& counters() const;
  Load load() const;

  // Since Drain(). Any thread.
  bool draining() const;

  // Refuses new publishes and subscriptions, tells the subscriptions, waits for confirms and
  // settlements until `deadline` at most, gives back what is unsettled, ends the subscriptions and
  // closes the link. Then `done`, on the io thread. Once.
  void Drain(base::TimePoint deadline, base::Task done);

 private:
  void PostSurely(const std::function<void()>& task);

  std::unique_ptr<BrokerCore> core_;
};

}  // namespace amqp_sidecar::broker
