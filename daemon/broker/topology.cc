#include "broker/topology.h"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

#include "base/log.h"
#include "base/strings.h"
#include "broker/channel_failure.h"

namespace amqp_sidecar::broker {
namespace {

constexpr size_t kMaxNameBytes = 255;  // AMQP 0-9-1 §4.2.5.3, short strings

Error Invalid(std::string detail) { return {Reason::kInvalidTopology, std::move(detail)}; }

std::optional<Error> CheckName(std::string_view what, std::string_view name) {
  if (name.empty()) return Invalid(base::Concat(what, " has no name"));
  if (name.size() > kMaxNameBytes) {
    return Invalid(base::Concat(what, " name is ", name.size(), " bytes long: at most 255"));
  }
  return std::nullopt;
}

bool IsKnownType(std::string_view type) {
  static constexpr std::array<std::string_view, 4> kTypes = {"direct", "fanout", "topic",
                                                             "headers"};
  return std::ranges::find(kTypes, type) != kTypes.end() || type.starts_with("x-");
}

std::optional<Error> CheckExchange(const Exchange& exchange) {
  if (auto error = CheckName("an exchange", exchange.name)) return error;
  if (!IsKnownType(exchange.type)) {
    return Invalid(base::Concat("exchange \"", exchange.name, "\" has the unknown type \"",
                                exchange.type,
                                "\": use direct, fanout, topic, headers or a plugin's x- type"));
  }
  return std::nullopt;
}

std::optional<Error> CheckBinding(const Binding& binding) {
  if (auto error = CheckName("a binding's queue", binding.queue)) return error;
  if (auto error = CheckName("a binding's exchange", binding.exchange)) return error;
  if (binding.routing_key.size() > kMaxNameBytes) {
    return Invalid(base::Concat("the routing key that binds queue \"", binding.queue, "\" is ",
                                binding.routing_key.size(), " bytes long: at most 255"));
  }
  return std::nullopt;
}

amqp::ExchangeArgs ToArgs(const Exchange& exchange) {
  amqp::ExchangeArgs args;
  args.name = exchange.name;
  args.type = exchange.type;
  args.durable = exchange.durable;
  args.auto_delete = exchange.auto_delete;
  args.internal = exchange.internal;
  args.arguments = exchange.arguments;
  return args;
}

amqp::QueueArgs ToArgs(const Queue& queue) {
  amqp::QueueArgs args;
  args.name = queue.name;
  args.durable = queue.durable;
  args.exclusive = queue.exclusive;
  args.auto_delete = queue.auto_delete;
  args.arguments = queue.arguments;
  return args;
}

amqp::BindingArgs ToArgs(const Binding& binding) {
  return {binding.queue, binding.exchange, binding.routing_key, binding.arguments};
}

template <typename T>
void Replace(std::vector<T>& items, const T& item) {
  const auto same =
      std::ranges::find_if(items, [&](const T& kept) { return kept.name == item.name; });
  if (same == items.end()) {
    items.push_back(item);
  } else {
    *same = item;
  }
}

// An operation's answer as the caller of a topology call gets it.
TopologyResult ToResult(const amqp::Reply& reply, std::string_view what) {
  TopologyResult result;
  if (!reply.ok) {
    result.error = TopologyError(reply.failure);
    result.error->detail = base::Concat(what, ": ", result.error->detail);
    return result;
  }
  if (!reply.queue.empty()) result.queue_names.push_back(reply.queue);
  result.message_count = reply.message_count;
  result.consumer_count = reply.consumer_count;
  return result;
}

bool TimedOut(const amqp::Reply& reply) {
  return !reply.ok && reply.failure.kind == amqp::Failure::Kind::kTimedOut;
}

std::string Quoted(std::string_view kind, std::string_view name) {
  return base::Concat(kind, " \"", name, "\"");
}

}  // namespace

std::optional<Error> CheckTopology(const Topology& topology) {
  for (const Exchange& exchange : topology.exchanges) {
    if (auto error = CheckExchange(exchange)) return error;
  }
  for (const Queue& queue : topology.queues) {
    if (auto error = CheckName("a queue", queue.name)) return error;
  }
  for (const Binding& binding : topology.bindings) {
    if (auto error = CheckBinding(binding)) return error;
  }
  return std::nullopt;
}

// One DeclareTopology call on its way through its items.
struct TopologyKeeper::Run {
  std::vector<Item> items;
  size_t next = 0;
  base::TimePoint deadline;
  TopologyCallback done;
  TopologyResult result;
};

TopologyKeeper::TopologyKeeper(base::Reactor& reactor, ScratchChannel& scratch,
                               ExchangeDirectory& directory, Topology configured,
                               std::function<void()> on_change)
    : reactor_(reactor),
      scratch_(scratch),
      directory_(directory),
      on_change_(std::move(on_change)),
      kept_(std::move(configured)) {}

std::vector<TopologyKeeper::Item> TopologyKeeper::Items(const Topology& topology) {
  std::vector<Item> items;
  items.insert(items.end(), topology.exchanges.begin(), topology.exchanges.end());
  items.insert(items.end(), topology.queues.begin(), topology.queues.end());
  items.insert(items.end(), topology.bindings.begin(), topology.bindings.end());
  return items;
}

std::string TopologyKeeper::Describe(const Item& item) {
  if (const auto* exchange = std::get_if<Exchange>(&item))
    return Quoted("exchange", exchange->name);
  if (const auto* queue = std::get_if<Queue>(&item)) return Quoted("queue", queue->name);
  const auto& binding = std::get<Binding>(item);
  return base::Concat("binding of queue \"", binding.queue, "\" to exchange \"", binding.exchange,
                      "\"");
}

ScratchChannel::Operation TopologyKeeper::DeclareOperation(const Item& item) {
  return [item](amqp::Channel& channel, amqp::ReplyCallback done) {
    if (const auto* exchange = std::get_if<Exchange>(&item)) {
      channel.DeclareExchange(ToArgs(*exchange), std::move(done));
    } else if (const auto* queue = std::get_if<Queue>(&item)) {
      channel.DeclareQueue(ToArgs(*queue), std::move(done));
    } else {
      channel.BindQueue(ToArgs(std::get<Binding>(item)), std::move(done));
    }
  };
}

void TopologyKeeper::LinkUp() { BeginPass(); }

void TopologyKeeper::LinkDown() {
  ++pass_;
  reactor_.Cancel(std::exchange(retry_timer_, 0));
  ready_ = false;
  on_change_();
}

void TopologyKeeper::BeginPass() {
  reactor_.Cancel(std::exchange(retry_timer_, 0));
  PassStep(++pass_, std::make_shared<std::vector<Item>>(Items(kept_)), 0, "");
}

void TopologyKeeper::PassStep(uint64_t pass, std::shared_ptr<std::vector<Item>> items, size_t index,
                              std::string errors) {
  if (pass != pass_) return;
  if (index == items->size()) {
    PassEnd(std::move(errors));
    return;
  }
  const Item& item = (*items)[index];
  const auto cost = connections_cost_.find(Describe(item));
  if (cost != connections_cost_.end() && cost->second >= kPoisonousAt) {
    errors += base::Concat(errors.empty() ? "" : "; ", Describe(item),
                           ": closed the connection when it was declared");
    PassStep(pass, std::move(items), index + 1, std::move(errors));
    return;
  }
  auto operation = DeclareOperation(item);
  scratch_.Run(std::move(operation), base::kNever,
               [this, pass, items = std::move(items), index,
                errors = std::move(errors)](const amqp::Reply& reply) mutable {
                 const Item& declared = (*items)[index];
                 if (reply.failure.kind == amqp::Failure::Kind::kClosedByBroker &&
                     reply.failure.code >= 500) {
                   ++connections_cost_[Describe(declared)];
                 }
                 if (pass != pass_) return;
                 if (TimedOut(reply)) {
                   RetryPassIn(std::chrono::seconds(1));
                   return;
                 }
                 if (reply.ok) {
                   connections_cost_.erase(Describe(declared));
                   const auto* exchange = std::get_if<Exchange>(&declared);
                   if (exchange != nullptr) directory_.Learn(exchange->name);
                 } else {
                   errors += base::Concat(errors.empty() ? "" : "; ", Describe(declared), ": ",
                                          reply.failure.text);
                   base::Log(base::LogLevel::kError, "topology refused by the broker",
                             {{"item", Describe(declared)}, {"reason", reply.failure.text}});
                 }
                 PassStep(pass, std::move(items), index + 1, std::move(errors));
               });
}

void TopologyKeeper::PassEnd(std::string errors) {
  ready_ = true;
  error_ = std::move(errors);
  if (!error_.empty()) RetryPassIn(kRetryEvery);
  on_change_();
}

void TopologyKeeper::RetryPassIn(base::Duration delay) {
  reactor_.Cancel(retry_timer_);
  retry_timer_ = reactor_.After(delay, [this] {
    retry_timer_ = 0;
    BeginPass();
  });
}

std::string_view TopologyKeeper::TypeOf(std::string_view exchange) const {
  const auto kept = std::ranges::find_if(
      kept_.exchanges, [&](const Exchange& candidate) { return candidate.name == exchange; });
  if (kept != kept_.exchanges.end()) return kept->type;
  if (exchange == "amq.direct") return "direct";
  if (exchange == "amq.topic") return "topic";
  return {};
}

bool TopologyKeeper::HasDeadLetterExchange(std::string_view queue) const {
  return std::ranges::any_of(kept_.queues, [&](const Queue& kept) {
    return kept.name == queue && kept.arguments.contains("x-dead-letter-exchange");
  });
}

void TopologyKeeper::Declare(Topology topology, base::TimePoint deadline, TopologyCallback done) {
  auto run = std::make_shared<Run>();
  run->items = Items(topology);
  run->deadline = deadline;
  run->done = std::move(done);
  if (kept() + run->items.size() > kMaxKept) {
    run->result.error = {
        Reason::kLimitExceeded,
        base::Concat("the sidecar keeps at most ", kMaxKept, " exchanges, queues and bindings")};
    run->done(std::move(run->result));
    return;
  }
  RunStep(std::move(run));
}

void TopologyKeeper::RunStep(std::shared_ptr<Run> run) {
  if (run->next == run->items.size()) {
    run->done(std::move(run->result));
    return;
  }
  const Item item = run->items[run->next++];
  const base::TimePoint deadline = run->deadline;
  scratch_.Run(DeclareOperation(item), deadline,
               [this, item, run = std::move(run)](const amqp::Reply& reply) mutable {
                 if (!reply.ok) {
                   run->result = ToResult(reply, Describe(item));
                   run->done(std::move(run->result));
                   return;
                 }
                 Keep(item);
                 const auto* queue = std::get_if<Queue>(&item);
                 if (queue != nullptr) run->result.queue_names.push_back(queue->name);
                 RunStep(std::move(run));
               });
}

void TopologyKeeper::Keep(const Item& item) {
  if (const auto* exchange = std::get_if<Exchange>(&item)) {
    Replace(kept_.exchanges, *exchange);
    directory_.Learn(exchange->name);
  } else if (const auto* queue = std::get_if<Queue>(&item)) {
    Replace(kept_.queues, *queue);
  } else {
    const auto& binding = std::get<Binding>(item);
    if (std::ranges::find(kept_.bindings, binding) == kept_.bindings.end()) {
      kept_.bindings.push_back(binding);
    }
  }
}

void TopologyKeeper::ForgetQueue(const std::string& name) {
  std::erase_if(kept_.queues, [&](const Queue& queue) { return queue.name == name; });
  std::erase_if(kept_.bindings, [&](const Binding& binding) { return binding.queue == name; });
}

void TopologyKeeper::ForgetExchange(const std::string& name) {
  std::erase_if(kept_.exchanges, [&](const Exchange& exchange) { return exchange.name == name; });
  std::erase_if(kept_.bindings, [&](const Binding& binding) { return binding.exchange == name; });
  directory_.Forget(name);
}

void TopologyKeeper::DeleteQueue(const std::string& name, bool if_unused, bool if_empty,
                                 base::TimePoint deadline, TopologyCallback done) {
  scratch_.Run(
      [=](amqp::Channel& channel, amqp::ReplyCallback reply) {
        channel.DeleteQueue(name, if_unused, if_empty, std::move(reply));
      },
      deadline,
      [this, name, done = std::move(done)](const amqp::Reply& reply) mutable {
        // Where nobody knows whether it is gone, the caller still wants it gone.
        if (reply.ok || TimedOut(reply)) ForgetQueue(name);
        done(ToResult(reply, Quoted("queue", name)));
      });
}

void TopologyKeeper::DeleteExchange(const std::string& name, bool if_unused,
                                    base::TimePoint deadline, TopologyCallback done) {
  scratch_.Run(
      [=](amqp::Channel& channel, amqp::ReplyCallback reply) {
        channel.DeleteExchange(name, if_unused, std::move(reply));
      },
      deadline,
      [this, name, done = std::move(done)](const amqp::Reply& reply) mutable {
        if (reply.ok || TimedOut(reply)) ForgetExchange(name);
        done(ToResult(reply, Quoted("exchange", name)));
      });
}

void TopologyKeeper::UnbindQueue(const Binding& binding, base::TimePoint deadline,
                                 TopologyCallback done) {
  scratch_.Run(
      [binding](amqp::Channel& channel, amqp::ReplyCallback reply) {
        channel.UnbindQueue(ToArgs(binding), std::move(reply));
      },
      deadline,
      [this, binding, done = std::move(done)](const amqp::Reply& reply) mutable {
        if (reply.ok || TimedOut(reply)) std::erase(kept_.bindings, binding);
        done(ToResult(reply, Describe(binding)));
      });
}

void TopologyKeeper::PurgeQueue(const std::string& name, base::TimePoint deadline,
                                TopologyCallback done) {
  scratch_.Run([name](amqp::Channel& channel,
                      amqp::ReplyCallback reply) { channel.PurgeQueue(name, std::move(reply)); },
               deadline,
               [name, done = std::move(done)](const amqp::Reply& reply) mutable {
                 done(ToResult(reply, Quoted("queue", name)));
               });
}

void TopologyKeeper::GetQueue(const std::string& name, base::TimePoint deadline,
                              TopologyCallback done) {
  amqp::QueueArgs args;
  args.name = name;
  args.passive = true;
  scratch_.Run([args](amqp::Channel& channel,
                      amqp::ReplyCallback reply) { channel.DeclareQueue(args, std::move(reply)); },
               deadline,
               [name, done = std::move(done)](const amqp::Reply& reply) mutable {
                 done(ToResult(reply, Quoted("queue", name)));
               });
}

}  // namespace amqp_sidecar::broker
