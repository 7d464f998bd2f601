#include "broker/broker.h"

#include <utility>

#include "base/strings.h"
#include "broker/broker_core.h"
#include "broker/prepare_publish.h"
#include "broker/subscribe_check.h"
#include "broker/topology_check.h"
#include "broker/uuid.h"

namespace amqp_sidecar::broker {
namespace {

Error Draining() { return {Reason::kDraining, "the sidecar is shutting down"}; }

// The owner of a publish that is a call of its own.
class CallOwner final : public PublishOwner {
 public:
  CallOwner(BrokerCore& core, PublishCallback done) : core_(core), done_(std::move(done)) {}

  void OnAnswer(const PendingPublish& publish, PublishResult result) override {
    core_.admission().ReleaseCall(publish.admitted_bytes);
    core_.account().Ended(publish, result);
    done_(std::move(result));
  }

  // At the door.
  void Refuse(PendingPublish& publish, Error error) {
    PublishResult result;
    result.error = std::move(error);
    result.message_id = std::move(publish.message_id);
    core_.account().Ended(publish, result);
    done_(std::move(result));
  }

 private:
  BrokerCore& core_;
  PublishCallback done_;
};

size_t BytesOf(const std::vector<std::string>& texts) {
  size_t bytes = 0;
  for (const std::string& text : texts) bytes += text.size() + sizeof(std::string);
  return bytes;
}

Subscriptions::Ids Parse(const std::vector<std::string>& texts) {
  Subscriptions::Ids ids;
  ids.reserve(texts.size());
  for (const std::string& text : texts) ids.push_back(ParseDeliveryId(text));
  return ids;
}

// Runs `work(subscriptions, done)` on the io thread.
template <typename Work>
void OnSettlements(BrokerCore& core, size_t bytes, SettleCallback done, Work work) {
  auto shared = std::make_shared<SettleCallback>(std::move(done));
  auto task = [&core, shared, work = std::move(work)]() mutable {
    core.AssertIoThread();
    work(core.subscriptions(), std::move(*shared));
  };
  if (core.reactor().Post(std::move(task), bytes)) return;
  SettleResult result;
  result.error = NotPosted(core);
  (*shared)(std::move(result));
}

void Refuse(SettleCallback& done, Error error) {
  SettleResult result;
  result.error = std::move(error);
  done(std::move(result));
}

void Refuse(TopologyCallback& done, Error error) {
  TopologyResult result;
  result.error = std::move(error);
  done(std::move(result));
}

// Runs `work(topology keeper, done)` on the io thread.
template <typename Work>
void OnTopology(BrokerCore& core, TopologyCallback done, Work work) {
  if (core.draining()) {
    Refuse(done, Draining());
    return;
  }
  auto shared = std::make_shared<TopologyCallback>(std::move(done));
  auto task = [&core, shared, work = std::move(work)]() mutable {
    core.AssertIoThread();
    work(core.topology(), std::move(*shared));
  };
  if (!core.reactor().Post(std::move(task), sizeof(Topology))) Refuse(*shared, NotPosted(core));
}

std::optional<Error> CheckQueueName(const std::string& name) {
  Topology topology;
  topology.queues.push_back({name});
  return CheckTopology(topology);
}

}  // namespace

Broker::Broker(base::Reactor& reactor, amqp::Dialer& dialer, base::Backoff::Random random,
               Config config, StatusListener on_status)
    : core_(std::make_unique<BrokerCore>(reactor, dialer, std::move(random), std::move(config),
                                         std::move(on_status))) {}

Broker::~Broker() = default;

void Broker::Start() {
  (void)core_->reactor().Post(
      [this] {
        core_->AssertIoThread();
        core_->Start();
      },
      0);
}

void Broker::Publish(PublishRequest request, PublishCallback done) {
  const auto owner = std::make_shared<CallOwner>(*core_, std::move(done));
  // Shared: where the task cannot be posted it is dropped, and what it carries is still needed.
  const auto list = std::make_shared<PublishList>(1);
  PendingPublish& publish = list->front();
  if (auto error = PreparePublish(*core_, std::move(request), publish)) {
    return owner->Refuse(publish, std::move(*error));
  }
  publish.owner = owner;
  const size_t bytes = publish.encoded.bytes();
  publish.admitted_bytes = bytes;
  if (!core_->admission().AdmitCall(bytes)) {
    return owner->Refuse(
        publish,
        {Reason::kLimitExceeded,
         "too many messages are in flight (limits.max_in_flight_messages and _bytes): wait for "
         "answers before sending more"});
  }
  auto task = [core = core_.get(), list] {
    core->AssertIoThread();
    core->publisher().Publish(std::move(*list));
  };
  if (core_->reactor().Post(std::move(task), bytes)) return;
  core_->admission().ReleaseCall(bytes);
  owner->Refuse(publish, NotPosted(*core_));
}

void Broker::CountRefused(const PublishRequest& request, const Error& error) {
  PublishResult result;
  result.error = error;
  result.message_id = request.properties.message_id;
  core_->account().Ended(
      {request.exchange, request.routing_key, TraceIdOf(request.properties.headers)}, result);
}

std::unique_ptr<PublishStream> Broker::OpenPublishStream(
    std::shared_ptr<PublishListener> listener) {
  return std::make_unique<PublishStream>(*core_, std::move(listener));
}

SubscriptionId Broker::Subscribe(SubscribeRequest request,
                                 std::shared_ptr<SubscriptionListener> listener) {
  const SubscriptionId id = core_->NextSubscriptionId();
  auto error = core_->draining() ? Draining() : CheckSubscribe(request, core_->hold_limit());
  if (error) {
    listener->OnEnd(std::move(error));
    return id;
  }
  if (request.prefetch == 0) request.prefetch = core_->config().default_prefetch;
  if (request.queue.empty()) {
    request.queue =
        base::Concat(OwnQueues::kTemporaryPrefix, NewUuidV7(std::chrono::system_clock::now()));
    request.queue_is_temporary = true;
  }
  auto task = [core = core_.get(), id, request = std::move(request), listener]() mutable {
    core->AssertIoThread();
    if (core->draining()) {
      listener->OnEnd(Draining());
      return;
    }
    core->subscriptions().Start(id, std::move(request), std::move(listener));
  };
  if (!core_->reactor().Post(std::move(task), sizeof(SubscribeRequest))) {
    listener->OnEnd(NotPosted(*core_));
  }
  return id;
}

void Broker::EndSubscription(SubscriptionId subscription) {
  PostSurely([core = core_.get(), subscription] {
    core->AssertIoThread();
    core->subscriptions().Remove(subscription);
  });
}

void Broker::FinishSubscription(SubscriptionId subscription) {
  PostSurely([core = core_.get(), subscription] {
    core->AssertIoThread();
    core->subscriptions().Finish(subscription);
  });
}

void Broker::WithholdDeliveries(SubscriptionId subscription, std::vector<DeliveryId> deliveries) {
  PostSurely([core = core_.get(), subscription, deliveries = std::move(deliveries)] {
    core->AssertIoThread();
    core->subscriptions().Withhold(subscription, deliveries);
  });
}

// Not to be refused for being too much: a lost end would hold deliveries back. It costs next to
// nothing, and there are few for each subscription.
void Broker::PostSurely(const std::function<void()>& task) {
  while (!core_->reactor().Post(task, 0)) {
    if (core_->draining()) return;
    std::this_thread::yield();
  }
}

void Broker::Settle(Settlement settlement, SettleCallback done) {
  if (auto error = CheckSettlement(settlement)) return Refuse(done, std::move(*error));
  const size_t bytes = BytesOf(settlement.delivery_ids);
  OnSettlements(*core_, bytes, std::move(done),
                [ids = Parse(settlement.delivery_ids), settlement = std::move(settlement)](
                    Subscriptions& subscriptions, SettleCallback callback) mutable {
                  subscriptions.Settle(std::move(settlement), ids, std::move(callback));
                });
}

void Broker::ExtendAckDeadline(std::vector<std::string> delivery_ids, base::Duration ack_deadline,
                               SettleCallback done) {
  if (auto error = CheckExtension(ack_deadline)) return Refuse(done, std::move(*error));
  const size_t bytes = BytesOf(delivery_ids);
  OnSettlements(*core_, bytes, std::move(done),
                [ids = Parse(delivery_ids), texts = std::move(delivery_ids), ack_deadline](
                    Subscriptions& subscriptions, SettleCallback callback) {
                  subscriptions.Extend(texts, ids, ack_deadline, std::move(callback));
                });
}

void Broker::Declare(Topology topology, base::TimePoint deadline, TopologyCallback done) {
  for (Queue& queue : topology.queues) {
    // Named here rather than by the broker: a name of its own could not be declared again.
    if (queue.name.empty()) {
      queue.name = base::Concat("amqp-sidecar.gen-", NewUuidV7(std::chrono::system_clock::now()));
    }
  }
  if (auto error = CheckTopology(topology, core_->config().exchange_types)) {
    Refuse(done, std::move(*error));
    return;
  }
  OnTopology(*core_, std::move(done),
             [topology = std::move(topology), deadline](TopologyKeeper& keeper,
                                                        TopologyCallback callback) mutable {
               keeper.Declare(std::move(topology), deadline, std::move(callback));
             });
}

void Broker::DeleteQueue(std::string name, bool if_unused, bool if_empty, base::TimePoint deadline,
                         TopologyCallback done) {
  if (auto error = CheckQueueName(name)) {
    Refuse(done, std::move(*error));
    return;
  }
  OnTopology(*core_, std::move(done), [=](TopologyKeeper& keeper, TopologyCallback callback) {
    keeper.DeleteQueue(name, if_unused, if_empty, deadline, std::move(callback));
  });
}

void Broker::DeleteExchange(std::string name, bool if_unused, base::TimePoint deadline,
                            TopologyCallback done) {
  Topology topology;
  topology.exchanges.push_back({name});
  if (auto error = CheckTopology(topology)) {
    Refuse(done, std::move(*error));
    return;
  }
  OnTopology(*core_, std::move(done), [=](TopologyKeeper& keeper, TopologyCallback callback) {
    keeper.DeleteExchange(name, if_unused, deadline, std::move(callback));
  });
}

void Broker::UnbindQueue(Binding binding, base::TimePoint deadline, TopologyCallback done) {
  Topology topology;
  topology.bindings.push_back(binding);
  if (auto error = CheckTopology(topology)) {
    Refuse(done, std::move(*error));
    return;
  }
  OnTopology(*core_, std::move(done), [=](TopologyKeeper& keeper, TopologyCallback callback) {
    keeper.UnbindQueue(binding, deadline, std::move(callback));
  });
}

void Broker::PurgeQueue(std::string name, base::TimePoint deadline, TopologyCallback done) {
  if (auto error = CheckQueueName(name)) {
    Refuse(done, std::move(*error));
    return;
  }
  OnTopology(*core_, std::move(done), [=](TopologyKeeper& keeper, TopologyCallback callback) {
    keeper.PurgeQueue(name, deadline, std::move(callback));
  });
}

void Broker::GetQueue(std::string name, base::TimePoint deadline, TopologyCallback done) {
  if (auto error = CheckQueueName(name)) {
    Refuse(done, std::move(*error));
    return;
  }
  OnTopology(*core_, std::move(done), [=](TopologyKeeper& keeper, TopologyCallback callback) {
    keeper.GetQueue(name, deadline, std::move(callback));
  });
}

void Broker::CompareTopology(base::TimePoint deadline, ComparisonCallback done) {
  auto shared = std::make_shared<ComparisonCallback>(std::move(done));
  auto task = [core = core_.get(), deadline, shared] {
    core->AssertIoThread();
    core->topology().Compare(deadline, std::move(*shared));
  };
  if (!core_->reactor().Post(std::move(task), 0)) {
    (*shared)({.error = NotPosted(*core_), .differences = {}, .not_compared = {}});
  }
}

std::optional<InvalidDelivery> Broker::Inspect(Delivery& delivery) const {
  auto fault = core_->validator()->CheckDelivery(
      *delivery.queue, delivery.message->properties.content_type, *delivery.message->body);
  if (!fault) return std::nullopt;
  delivery.invalid_reason = fault->reason;
  return InvalidDelivery{delivery.id, fault->action, std::move(fault->reason)};
}

void Broker::ReportInvalid(SubscriptionId subscription, std::vector<InvalidDelivery> deliveries) {
  PostSurely([core = core_.get(), subscription, deliveries = std::move(deliveries)] {
    core->AssertIoThread();
    core->subscriptions().TakeInvalid(subscription, deliveries);
  });
}

void Broker::SetValidator(std::shared_ptr<const json::Validator> validator) {
  core_->set_validator(std::move(validator));
}

std::shared_ptr<const Snapshot> Broker::snapshot() const { return core_->snapshot(); }

void Broker::RefreshSnapshot() {
  // Where the io thread has too much to do, the next to ask tries again.
  (void)core_->reactor().Post(
      [core = core_.get()] {
        core->AssertIoThread();
        core->UpdateSnapshot();
      },
      0);
}

const Counters& Broker::counters() const { return core_->counters(); }

Load Broker::load() const { return core_->load(); }

bool Broker::draining() const { return core_->draining(); }

void Broker::Drain(base::TimePoint deadline, base::Task done) {
  core_->set_draining();
  (void)core_->reactor().Post(
      [core = core_.get(), deadline, done = std::move(done)]() mutable {
        core->AssertIoThread();
        core->Drain(deadline, std::move(done));
      },
      0);
}

}  // namespace amqp_sidecar::broker
