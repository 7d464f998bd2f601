#include "broker/broker.h"

#include <utility>

#include "base/strings.h"
#include "broker/broker_core.h"
#include "broker/message_check.h"
#include "broker/uuid.h"

namespace amqp_sidecar::broker {
namespace {

constexpr size_t kMaxNameBytes = 255;
constexpr uint32_t kMaxPrefetch = 65'535;

Error Draining() { return {Reason::kDraining, "the sidecar is shutting down"}; }

// The io thread has stopped, or too much waits for it.
Error NotPosted(const BrokerCore& core) {
  if (core.draining()) return Draining();
  return {Reason::kLimitExceeded, "too many calls wait for the sidecar's connection: slow down"};
}

void FillDefaults(Properties& properties) {
  if (properties.content_type.empty()) properties.content_type = "application/json";
  if (properties.delivery_mode == 0) properties.delivery_mode = 2;
  if (properties.message_id.empty()) {
    properties.message_id = NewUuidV7(std::chrono::system_clock::now());
  }
}

std::optional<Error> CheckPublish(const BrokerCore& core, const PublishRequest& request) {
  if (core.draining()) return Draining();
  if (auto error = CheckMessage(request, core.logins())) return error;
  if (request.body.size() > core.config().max_message_bytes) {
    return Error{Reason::kMessageTooLarge, base::Concat("the body is ", request.body.size(),
                                                        " bytes; limits.max_message_bytes is ",
                                                        core.config().max_message_bytes)};
  }
  auto invalid = core.validator().CheckPublish(request.properties.content_type, request.body);
  if (invalid) return Error{Reason::kInvalidBody, std::move(*invalid)};
  return std::nullopt;
}

std::optional<Error> CheckSubscribe(const BrokerCore& core, const SubscribeRequest& request) {
  if (core.draining()) return Draining();
  if (request.queue.empty()) return Error{Reason::kInvalidSubscription, "queue is not set"};
  if (request.queue.size() > kMaxNameBytes) {
    return Error{Reason::kInvalidSubscription, "queue is over 255 bytes"};
  }
  if (request.prefetch > kMaxPrefetch) {
    return Error{Reason::kInvalidSubscription,
                 base::Concat("prefetch is ", request.prefetch, ": at most 65535")};
  }
  return std::nullopt;
}

void Refuse(PublishCallback& done, std::string message_id, Error error) {
  PublishResult result;
  result.error = std::move(error);
  result.message_id = std::move(message_id);
  done(std::move(result));
}

size_t BytesOf(const std::vector<std::string>& texts) {
  size_t bytes = 0;
  for (const std::string& text : texts) bytes += text.size() + sizeof(std::string);
  return bytes;
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
  FillDefaults(request.properties);
  if (auto error = CheckPublish(*core_, request)) {
    Refuse(done, std::move(request.properties.message_id), std::move(*error));
    return;
  }
  auto body = std::make_shared<const std::string>(std::move(request.body));
  auto encoded =
      amqp::EncodePublish(request.exchange, request.routing_key, request.properties, body);
  if (!encoded.ok()) {
    Refuse(done, std::move(request.properties.message_id),
           {Reason::kInvalidMessage, std::string(encoded.status().message())});
    return;
  }
  const size_t bytes = encoded->bytes();
  if (!core_->Admit(bytes)) {
    Refuse(done, std::move(request.properties.message_id),
           {Reason::kLimitExceeded,
            "too many messages are in flight (limits.max_in_flight_messages and _bytes): wait for "
            "answers before sending more"});
    return;
  }
  PublishList list;
  PendingPublish& pending = list.emplace_back();
  pending.exchange = std::move(request.exchange);
  pending.routing_key = std::move(request.routing_key);
  pending.message_id = std::move(request.properties.message_id);
  pending.encoded = std::move(*encoded);
  pending.allow_unroutable = request.allow_unroutable;
  pending.deadline = request.deadline;
  auto callback = std::make_shared<PublishCallback>(std::move(done));
  pending.done = [core = core_.get(), bytes, callback](PublishResult result) {
    core->Release(bytes);
    (*callback)(std::move(result));
  };
  std::string message_id = pending.message_id;
  auto task = [core = core_.get(), list = std::move(list)]() mutable {
    core->AssertIoThread();
    core->publisher().Publish(std::move(list));
  };
  if (!core_->reactor().Post(std::move(task), bytes)) {
    core_->Release(bytes);
    Refuse(*callback, std::move(message_id), NotPosted(*core_));
  }
}

SubscriptionId Broker::Subscribe(SubscribeRequest request,
                                 std::shared_ptr<SubscriptionListener> listener) {
  const SubscriptionId id = core_->NextSubscriptionId();
  if (auto error = CheckSubscribe(*core_, request)) {
    listener->OnEnd(std::move(*error));
    return id;
  }
  if (request.prefetch == 0) request.prefetch = core_->config().default_prefetch;
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
  // Not to be refused for being too much: a lost end would hold deliveries back. It costs next to
  // nothing, and there is one for each subscription at most.
  while (!core_->reactor().Post(
      [core = core_.get(), subscription] {
        core->AssertIoThread();
        core->subscriptions().Remove(subscription);
      },
      0)) {
    if (core_->draining()) return;
    std::this_thread::yield();
  }
}

void Broker::Settle(Verb verb, std::vector<std::string> delivery_ids, SettleCallback done) {
  auto callback = std::make_shared<SettleCallback>(std::move(done));
  const size_t bytes = BytesOf(delivery_ids);
  auto task = [core = core_.get(), verb, ids = std::move(delivery_ids), callback]() mutable {
    core->AssertIoThread();
    core->subscriptions().Settle(verb, ids, std::move(*callback));
  };
  if (!core_->reactor().Post(std::move(task), bytes)) {
    SettleResult result;
    result.error = NotPosted(*core_);
    (*callback)(std::move(result));
  }
}

void Broker::Declare(Topology topology, base::TimePoint deadline, TopologyCallback done) {
  for (Queue& queue : topology.queues) {
    // Named here rather than by the broker: a name of its own could not be declared again.
    if (queue.name.empty()) {
      queue.name = base::Concat("amqp-sidecar.gen-", NewUuidV7(std::chrono::system_clock::now()));
    }
  }
  if (auto error = CheckTopology(topology)) {
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

void Broker::Inspect(Delivery& delivery) const {
  auto invalid = core_->validator().CheckDelivery(delivery.properties.content_type, delivery.body);
  if (invalid) delivery.invalid_reason = std::move(*invalid);
}

std::shared_ptr<const Snapshot> Broker::snapshot() const { return core_->snapshot(); }

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
