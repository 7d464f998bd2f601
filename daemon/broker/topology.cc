#include "broker/topology.h"

#include <utility>

#include "base/strings.h"
#include "broker/channel_failure.h"
#include "broker/topology_comparison.h"
#include "broker/topology_operation.h"

namespace amqp_sidecar::broker {
namespace {

constexpr char kDeadLetterExchange[] = "x-dead-letter-exchange";
constexpr char kDeadLetterRoutingKey[] = "x-dead-letter-routing-key";

TopologyResult Failed(Error error) {
  TopologyResult result;
  result.error = std::move(error);
  return result;
}

TopologyResult Failed(Reason reason, std::string detail) {
  return Failed(Error{reason, std::move(detail)});
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

std::string QueueNamed(std::string_view name) { return base::Concat("queue \"", name, "\""); }

// RabbitMQ closes the connection over the conditions for a quorum queue, and ignores them for a
// stream. To look first and delete then could lose what comes in between.
TopologyResult NoConditions(const std::string& name, QueueKind kind) {
  return Failed(Reason::kInvalidTopology,
                base::Concat(QueueNamed(name), " is a ", QueueKindName(kind),
                             " queue, and RabbitMQ deletes those without conditions only: stop "
                             "what publishes to it and consumes from it, look at it by GetQueue, "
                             "and delete it without if_unused and if_empty"));
}

}  // namespace

// One DeclareTopology call on its way through its items.
struct TopologyKeeper::Run {
  std::vector<TopologyItem> items;
  size_t next = 0;
  base::TimePoint deadline;
  TopologyCallback done;
  TopologyResult result;
};

TopologyKeeper::TopologyKeeper(base::Reactor& reactor, ScratchChannel& scratch,
                               ExchangeDirectory& directory, QueueTypes& queue_types,
                               Options options, std::function<void()> on_change)
    : scratch_(scratch),
      directory_(directory),
      queue_types_(queue_types),
      mode_(options.mode),
      on_change_(std::move(on_change)),
      kept_(options.configured),
      pass_(reactor, scratch, kept_, mode_, *this) {}

void TopologyKeeper::LinkUp() { pass_.Begin(); }

void TopologyKeeper::LinkDown() {
  pass_.Cancel();
  on_change_();
}

std::string_view TopologyKeeper::TypeOf(std::string_view exchange) const {
  if (const Exchange* kept = kept_.FindExchange(exchange)) return kept->type;
  if (exchange == "amq.direct") return "direct";
  if (exchange == "amq.topic") return "topic";
  return {};
}

std::optional<std::string_view> TopologyKeeper::DeadLetterExchangeOf(std::string_view queue) const {
  return TextArgumentOf(queue, kDeadLetterExchange);
}

std::string_view TopologyKeeper::DeadLetterRoutingKeyOf(std::string_view queue) const {
  return TextArgumentOf(queue, kDeadLetterRoutingKey).value_or("");
}

std::optional<std::string_view> TopologyKeeper::TextArgumentOf(std::string_view queue,
                                                               const std::string& name) const {
  const Queue* kept = kept_.FindQueue(queue);
  if (kept == nullptr) return std::nullopt;
  const auto argument = kept->arguments.find(name);
  if (argument == kept->arguments.end()) return std::nullopt;
  const auto* text = std::get_if<std::string>(&argument->second.value);
  return text == nullptr ? std::nullopt : std::optional<std::string_view>(*text);
}

bool TopologyKeeper::MayChange(TopologyCallback& done) const {
  if (mode_ == TopologyMode::kDeclare) return true;
  done(Failed(Reason::kAccessRefused,
              base::Concat("topology.mode is ", mode_ == TopologyMode::kVerify ? "verify" : "none",
                           ": this sidecar neither declares nor deletes; set it to declare, or "
                           "ask whoever the broker's topology belongs to")));
  return false;
}

void TopologyKeeper::Declare(Topology topology, base::TimePoint deadline, TopologyCallback done) {
  if (!MayChange(done)) return;
  auto run = std::make_shared<Run>();
  run->items = ItemsOf(topology);
  run->deadline = deadline;
  run->done = std::move(done);
  if (kept_.size() + run->items.size() > kMaxKept) {
    run->done(Failed(Reason::kLimitExceeded, base::Concat("the sidecar keeps at most ", kMaxKept,
                                                          " exchanges, queues and bindings")));
    return;
  }
  RunStep(std::move(run));
}

void TopologyKeeper::RunStep(std::shared_ptr<Run> run) {
  if (run->next == run->items.size()) {
    run->done(std::move(run->result));
    return;
  }
  const TopologyItem item = run->items[run->next++];
  const base::TimePoint deadline = run->deadline;
  scratch_.Run(DeclareOperation(item), deadline,
               [this, item, run = std::move(run)](const amqp::Reply& reply) mutable {
                 if (!reply.ok) return RunFailed(std::move(run), item, reply);
                 kept_.Keep(item);
                 Learn(item);
                 const auto* queue = std::get_if<Queue>(&item);
                 if (queue != nullptr) run->result.queue_names.push_back(queue->name);
                 RunStep(std::move(run));
               });
}

void TopologyKeeper::RunFailed(std::shared_ptr<Run> run, const TopologyItem& item,
                               const amqp::Reply& reply) {
  run->result = ToResult(reply, Describe(item));
  const auto* queue = std::get_if<Queue>(&item);
  if (queue == nullptr || run->result.error->reason != Reason::kQueueExclusive) {
    run->done(std::move(run->result));
    return;
  }
  // Another connection has it for itself, or it is exclusive and was not to be, or the reverse. The
  // broker's words do not tell; that it lets us look at it does.
  const base::TimePoint deadline = run->deadline;
  scratch_.Run(
      CheckOperation(item), deadline, [item, run = std::move(run)](const amqp::Reply& looked) {
        if (looked.ok) {
          const bool asked = std::get<Queue>(item).exclusive;
          const Inequivalence exclusive = {"exclusive", true,
                                           Inequivalence::Value{asked ? "false" : "true", ""},
                                           Inequivalence::Value{asked ? "true" : "false", ""}};
          run->result.error = {Reason::kTopologyConflict,
                               base::Concat(Describe(item), ": it exists with another property: ",
                                            Words(exclusive, "was asked for"))};
        }
        run->done(std::move(run->result));
      });
}

void TopologyKeeper::OnItemStands(const TopologyItem& item) { Learn(item); }

// A declare that the broker took says what there is now. Of a queue's type only where it is one of
// these: a broker may be told to take a quorum queue for the classic one that was asked for.
void TopologyKeeper::Learn(const TopologyItem& item) {
  if (const auto* exchange = std::get_if<Exchange>(&item)) {
    directory_.Learn(exchange->name);
    return;
  }
  const auto* queue = std::get_if<Queue>(&item);
  if (queue == nullptr || mode_ != TopologyMode::kDeclare) return;
  queue_types_.Forget(queue->name);
  const auto type = queue->arguments.find("x-queue-type");
  if (type == queue->arguments.end()) return;
  for (const auto kind : {QueueKind::kQuorum, QueueKind::kStream}) {
    if (type->second == FieldValue{std::string(QueueKindName(kind))}) {
      queue_types_.Learn(queue->name, kind);
    }
  }
}

void TopologyKeeper::DeleteQueue(const std::string& name, bool if_unused, bool if_empty,
                                 base::TimePoint deadline, TopologyCallback done) {
  if (!MayChange(done)) return;
  if (!if_unused && !if_empty) {
    SendDeleteQueue(name, if_unused, if_empty, deadline, std::move(done));
    return;
  }
  queue_types_.Forget(name);
  queue_types_.Find(name, deadline,
                    [=, this, done = std::move(done)](const QueueTypes::Answer& answer) mutable {
                      if (answer.error) {
                        done(Failed(*answer.error));
                      } else if (!answer.kind) {
                        kept_.ForgetQueue(name);
                        done({});
                      } else if (*answer.kind != QueueKind::kClassic) {
                        done(NoConditions(name, *answer.kind));
                      } else {
                        SendDeleteQueue(name, if_unused, if_empty, deadline, std::move(done));
                      }
                    });
}

void TopologyKeeper::SendDeleteQueue(const std::string& name, bool if_unused, bool if_empty,
                                     base::TimePoint deadline, TopologyCallback done) {
  scratch_.Run(
      [=](amqp::Channel& channel, amqp::ReplyCallback reply) {
        channel.DeleteQueue(name, if_unused, if_empty, std::move(reply));
      },
      deadline,
      [this, name, done = std::move(done)](const amqp::Reply& reply) mutable {
        queue_types_.Forget(name);
        // Where nobody knows whether it is gone, the caller still wants it gone.
        if (reply.ok || TimedOut(reply)) kept_.ForgetQueue(name);
        done(ToResult(reply, QueueNamed(name)));
      });
}

void TopologyKeeper::DeleteExchange(const std::string& name, bool if_unused,
                                    base::TimePoint deadline, TopologyCallback done) {
  if (!MayChange(done)) return;
  scratch_.Run(
      [=](amqp::Channel& channel, amqp::ReplyCallback reply) {
        channel.DeleteExchange(name, if_unused, std::move(reply));
      },
      deadline,
      [this, name, done = std::move(done)](const amqp::Reply& reply) mutable {
        if (reply.ok || TimedOut(reply)) {
          kept_.ForgetExchange(name);
          directory_.Forget(name);
        }
        done(ToResult(reply, base::Concat("exchange \"", name, "\"")));
      });
}

void TopologyKeeper::UnbindQueue(const Binding& binding, base::TimePoint deadline,
                                 TopologyCallback done) {
  if (!MayChange(done)) return;
  scratch_.Run(UnbindOperation(binding), deadline,
               [this, binding, done = std::move(done)](const amqp::Reply& reply) mutable {
                 if (reply.ok || TimedOut(reply)) kept_.ForgetBinding(binding);
                 done(ToResult(reply, Describe(binding)));
               });
}

void TopologyKeeper::PurgeQueue(const std::string& name, base::TimePoint deadline,
                                TopologyCallback done) {
  queue_types_.Forget(name);
  queue_types_.Find(
      name, deadline, [=, this, done = std::move(done)](const QueueTypes::Answer& answer) mutable {
        if (answer.error) {
          done(Failed(*answer.error));
        } else if (!answer.kind) {
          done(Failed(Reason::kQueueNotFound, base::Concat(QueueNamed(name), " does not exist")));
        } else if (*answer.kind == QueueKind::kStream) {
          done(Failed(Reason::kInvalidTopology,
                      base::Concat(QueueNamed(name),
                                   " is a stream, which cannot be purged: its x-max-age and "
                                   "x-max-length-bytes say what it keeps")));
        } else {
          SendPurgeQueue(name, deadline, std::move(done));
        }
      });
}

void TopologyKeeper::SendPurgeQueue(const std::string& name, base::TimePoint deadline,
                                    TopologyCallback done) {
  scratch_.Run([name](amqp::Channel& channel,
                      amqp::ReplyCallback reply) { channel.PurgeQueue(name, std::move(reply)); },
               deadline,
               [name, done = std::move(done)](const amqp::Reply& reply) mutable {
                 done(ToResult(reply, QueueNamed(name)));
               });
}

void TopologyKeeper::GetQueue(const std::string& name, base::TimePoint deadline,
                              TopologyCallback done) {
  scratch_.Run(CheckOperation(Queue{.name = name}), deadline,
               [name, done = std::move(done)](const amqp::Reply& reply) mutable {
                 TopologyResult result = ToResult(reply, QueueNamed(name));
                 if (!reply.ok) result.error->reason = LookError(reply.failure).reason;
                 done(std::move(result));
               });
}

void TopologyKeeper::Compare(base::TimePoint deadline, ComparisonCallback done) {
  CompareTopology(scratch_, kept_.Items(), deadline, std::move(done));
}

}  // namespace amqp_sidecar::broker
