#include "model_channel.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "model_broker.h"
#include "model_connection.h"
#include "model_properties.h"

namespace amqp_sidecar::simulation {
namespace {

using broker::Verb;

// The subscription and its incarnation, which the sidecar puts into the consumer tag.
std::optional<SettlementChecker::Key> KeyOf(const std::string& consumer_tag) {
  unsigned long long subscription = 0;
  unsigned long long incarnation = 0;
  if (std::sscanf(consumer_tag.c_str(), "sidecar-%llu-%llu", &subscription, &incarnation) != 2) {
    return std::nullopt;
  }
  return SettlementChecker::Key{subscription, incarnation, 0};
}

}  // namespace

ModelChannel::ModelChannel(ModelBroker& broker, ModelConnection& connection, uint16_t number)
    : broker_(broker), connection_(connection), number_(number) {}

ModelChannel::~ModelChannel() = default;

void ModelChannel::Send(std::string bytes) { connection_.Send(std::move(bytes)); }

void ModelChannel::Later(base::TimePoint when, void (ModelChannel::*task)()) {
  broker_.reactor().WorldAt(when, [this, task, alive = std::weak_ptr<char>(alive_)] {
    if (!alive.expired()) (this->*task)();
  });
}

// --- Methods in their order.

void ModelChannel::Enqueue(Command command) {
  if (state_ == State::kClosing) {
    // The other side closed it as well: answered, and its close-ok is still awaited.
    if (command.method == Method::kChannelClose) {
      Send(MethodFrame(number_, Method::kChannelCloseOk));
    }
    return;
  }
  inbox_.push_back(std::move(command));
  Process();
}

void ModelChannel::Stall(base::TimePoint until) {
  broker_.trace().Event("channel stalls", {number_});
  stalled_until_ = until;
  resumes_ = false;
  Process();
}

void ModelChannel::Heal() {
  const base::TimePoint now = broker_.reactor().Now();
  Stall(now);
  for (auto& [tag, confirm] : unconfirmed_) confirm.due = std::min(confirm.due, now);
  Later(now, &ModelChannel::EmitConfirms);
}

void ModelChannel::FinishInbox() {
  stalled_until_ = {};
  Process();
}

void ModelChannel::Process() {
  while (!inbox_.empty() && state_ != State::kEnded) {
    if (broker_.reactor().Now() < stalled_until_) {
      if (!std::exchange(resumes_, true)) Later(stalled_until_, &ModelChannel::Process);
      return;
    }
    resumes_ = false;
    Command command = std::move(inbox_.front());
    inbox_.pop_front();
    Execute(command);
  }
}

void ModelChannel::Execute(Command& command) {
  const WireReader args(command.arguments);
  if (state_ == State::kNew) {
    if (command.method != Method::kChannelOpen) return Malformed(command.method);
    state_ = State::kOpen;
    return Send(MethodFrame(number_, Method::kChannelOpenOk).U32(0));
  }
  switch (command.method) {
    case Method::kChannelClose:
      broker_.trace().Event("channel closed by sidecar", {number_});
      End(/*by_sidecar=*/true);
      Send(MethodFrame(number_, Method::kChannelCloseOk));
      return connection_.ForgetChannel(number_);
    case Method::kConfirmSelect:
      confirms_ = true;
      return Send(MethodFrame(number_, Method::kConfirmSelectOk));
    case Method::kExchangeDeclare:
      return OnExchangeDeclare(args);
    case Method::kExchangeDelete:
      return OnExchangeDelete(args);
    case Method::kQueueDeclare:
      return OnQueueDeclare(args);
    case Method::kQueueBind:
      return OnQueueBind(args, true);
    case Method::kQueueUnbind:
      return OnQueueBind(args, false);
    case Method::kQueuePurge:
      return OnQueuePurge(args);
    case Method::kQueueDelete:
      return OnQueueDelete(args);
    case Method::kBasicQos:
      return OnQos(args);
    case Method::kBasicConsume:
      return OnConsume(args);
    case Method::kBasicCancel:
      return OnCancel(args);
    case Method::kBasicPublish:
      return OnPublish(command.message);
    case Method::kBasicAck:
    case Method::kBasicNack:
    case Method::kBasicReject:
      return OnSettle(args, command.method);
    default:
      return Malformed(command.method);
  }
}

void ModelChannel::Malformed(Method method) {
  char text[64];
  std::snprintf(text, sizeof text, "method %08x out of turn or malformed", unsigned(method));
  connection_.Violated(504, text);
}

void ModelChannel::NotFound(const std::string& what, const std::string& name) {
  CloseByBroker(404, "NOT_FOUND - no " + what + " '" + name + "' in vhost '/'");
}

// --- Consuming.

void ModelChannel::OnQos(WireReader args) {
  args.U32();
  prefetch_ = args.U16();
  args.U8();
  if (!args.done()) return Malformed(Method::kBasicQos);
  Send(MethodFrame(number_, Method::kBasicQosOk));
}

void ModelChannel::OnConsume(WireReader args) {
  args.U16();
  const std::string name = args.Short();
  const std::string tag = args.Short();
  const uint8_t bits = args.U8();
  args.Table();
  if (!args.done() || (bits & 2) != 0 || !consumer_tag_.empty() || !KeyOf(tag)) {
    return Malformed(Method::kBasicConsume);
  }
  ModelQueue* queue = broker_.FindQueue(name);
  if (queue == nullptr) return NotFound("queue", name);
  const bool exclusive = (bits & 4) != 0;
  const bool held = std::ranges::any_of(queue->consumers, &ModelConsumer::exclusive);
  if (held || (exclusive && !queue->consumers.empty())) {
    return CloseByBroker(403,
                         "ACCESS_REFUSED - queue '" + name + "' in vhost '/' in exclusive use");
  }
  consumer_tag_ = tag;
  consumer_queue_ = name;
  queue->consumers.push_back({this, tag, exclusive});
  broker_.trace().Event("consumer", {number_}, tag + " of " + name);
  Send(MethodFrame(number_, Method::kBasicConsumeOk).Short(tag));
  broker_.PumpSoon(name);
}

void ModelChannel::OnCancel(WireReader args) {
  const std::string tag = args.Short();
  args.U8();
  if (!args.done()) return Malformed(Method::kBasicCancel);
  if (tag == consumer_tag_) RemoveConsumer();
  Send(MethodFrame(number_, Method::kBasicCancelOk).Short(tag));
}

void ModelChannel::RemoveConsumer() {
  consumer_tag_.clear();
  broker_.RemoveConsumers(*this);
}

void ModelChannel::QueueGone(const std::string& tag) {
  if (!open() || tag != consumer_tag_) return;
  consumer_tag_.clear();
  Send(MethodFrame(number_, Method::kBasicCancel).Short(tag).U8(1));
}

void ModelChannel::CancelConsumer() {
  const std::string tag = consumer_tag_;
  RemoveConsumer();
  broker_.trace().Event("consumer cancelled", {number_}, tag);
  Send(MethodFrame(number_, Method::kBasicCancel).Short(tag).U8(1));
}

bool ModelChannel::HasRoom() const {
  return consuming() && (prefetch_ == 0 || unacked_.size() < prefetch_) &&
         broker_.reactor().Now() >= stalled_until_;
}

void ModelChannel::Deliver(const std::string& tag, const std::string& queue, uint64_t incarnation,
                           ModelCopy copy) {
  const uint64_t delivery_tag = next_delivery_tag_++;
  SettlementChecker::Key key = *KeyOf(tag);
  key.tag = delivery_tag;
  const bool counts = broker_.FindQueue(queue)->quorum();
  broker_.settlements().Sent(
      key, {copy.message->publish, copy.id, queue, counts ? static_cast<uint32_t>(copy.returns) : 0,
            copy.redelivered});
  broker_.trace().Event("deliver", {number_, delivery_tag, copy.message->publish}, tag);
  const ModelMessage& message = *copy.message;
  std::string properties = message.properties;
  if (copy.returns > 0 && counts) {
    ModelProperties counted(properties);
    counted.SetHeader("x-delivery-count", {copy.returns});
    properties = counted.Bytes();
  }
  std::string bytes = MethodFrame(number_, Method::kBasicDeliver)
                          .Short(tag)
                          .U64(delivery_tag)
                          .U8(copy.redelivered ? 1 : 0)
                          .Short(message.exchange)
                          .Short(message.routing_key)
                          .Bytes();
  bytes += ContentFrames(number_, properties, message.body, broker_.options().frame_max);
  unacked_[delivery_tag] = {queue, incarnation, std::move(copy), key};
  Send(std::move(bytes));
}

void ModelChannel::OnSettle(WireReader args, Method method) {
  const uint64_t tag = args.U64();
  const uint8_t bits = args.U8();
  if (!args.done()) return Malformed(method);
  const bool multiple = method != Method::kBasicReject && (bits & 1) != 0;
  const bool requeue = method == Method::kBasicNack     ? (bits & 2) != 0
                       : method == Method::kBasicReject ? (bits & 1) != 0
                                                        : false;
  const Verb verb = method == Method::kBasicAck ? Verb::kAck
                    : requeue                   ? Verb::kNack
                                                : Verb::kReject;
  broker_.trace().Event("settled", {number_, tag, multiple, static_cast<uint64_t>(verb)});
  if (!unacked_.contains(tag)) {
    broker_.checker().Fail("a settlement of unknown delivery tag " + std::to_string(tag) +
                           " on channel " + std::to_string(number_));
    return CloseByBroker(406, "PRECONDITION_FAILED - unknown delivery tag " + std::to_string(tag));
  }
  while (multiple && unacked_.begin()->first < tag) Settle(unacked_.begin()->first, verb, requeue);
  Settle(tag, verb, requeue);
  if (!consumer_tag_.empty()) broker_.PumpSoon(consumer_queue_);
}

void ModelChannel::Settle(uint64_t tag, Verb verb, bool requeue) {
  Unacked settled = std::move(unacked_.extract(tag).mapped());
  const Fate fate = broker_.settlements().Settled(settled.key, verb);
  if (settled.queue.empty()) return;
  if (requeue) {
    broker_.Requeue(settled.queue, settled.incarnation, std::move(settled.copy));
    return;
  }
  --broker_.FindQueue(settled.queue)->unacked;
  if (verb == Verb::kReject) return broker_.Reject(settled.queue, std::move(settled.copy));
  broker_.checker().Ended(settled.copy.id, fate);
}

void ModelChannel::DropUnacked(const std::string& queue, uint64_t incarnation, Fate fate) {
  for (auto& [tag, unacked] : unacked_) {
    if (unacked.queue != queue || unacked.incarnation != incarnation) continue;
    unacked.queue.clear();
    broker_.checker().Ended(unacked.copy.id, fate);
  }
}

// --- The end.

void ModelChannel::CloseByBroker(uint16_t code, const std::string& text) {
  if (!open()) return;
  broker_.trace().Event("channel closed by broker", {number_, code}, text);
  broker_.checker().Fault();
  End(/*by_sidecar=*/false);
  state_ = State::kClosing;
  // As RabbitMQ cuts it.
  std::string cut = text;
  if (cut.size() > 255) cut.replace(252, std::string::npos, "...");
  close_frame_ = MethodFrame(number_, Method::kChannelClose).U16(code).Short(cut).U32(0).Bytes();
  Send(close_frame_);
  Later(broker_.reactor().Now() + broker_.options().close_repeats_every,
        &ModelChannel::RepeatClose);
  for (Command& command : std::exchange(inbox_, {})) Enqueue(std::move(command));
}

// RabbitMQ says it again at every tick, until it has read the answer.
void ModelChannel::RepeatClose() {
  if (state_ != State::kClosing) return;
  broker_.trace().Event("channel.close repeated", {number_});
  Send(close_frame_);
  Later(broker_.reactor().Now() + broker_.options().close_repeats_every,
        &ModelChannel::RepeatClose);
}

void ModelChannel::End(bool by_sidecar) {
  state_ = State::kEnded;
  RemoveConsumer();
  unconfirmed_.clear();
  for (auto& [tag, unacked] : std::exchange(unacked_, {})) {
    broker_.settlements().GivenBack(unacked.key, by_sidecar);
    if (unacked.queue.empty()) continue;
    broker_.Requeue(unacked.queue, unacked.incarnation, std::move(unacked.copy));
  }
}

}  // namespace amqp_sidecar::simulation
