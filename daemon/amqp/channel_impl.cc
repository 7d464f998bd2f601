#include "amqp/channel_impl.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "amqp/client_method_codec.h"

namespace amqp_sidecar::amqp {

ChannelImpl::ChannelImpl(ChannelHost& host, Listener& listener, uint16_t number,
                         uint64_t incarnation, uint64_t max_body_bytes)
    : host_(host),
      listener_(listener),
      number_(number),
      incarnation_(incarnation),
      assembler_(max_body_bytes) {}

void ChannelImpl::Open() { Call(OkMethod::kChannelOpenOk, ChannelOpenFrame(number_), nullptr); }

// --- From the broker.

std::optional<Violation> ChannelImpl::OnMethod(ServerMethod method) {
  if (!assembler_.idle()) {
    return Violation{kReplyUnexpectedFrame, "a method in the middle of a content"};
  }
  return std::visit([this](auto&& m) { return On(std::move(m)); }, std::move(method));
}

template <typename Method>
std::optional<Violation> ChannelImpl::On(Method) {
  return Violation{kReplyCommandInvalid, "a method that does not belong on a channel"};
}

std::optional<Violation> ChannelImpl::On(BasicDeliver method) {
  assembler_.Begin(std::move(method));
  return std::nullopt;
}

std::optional<Violation> ChannelImpl::On(BasicReturn method) {
  assembler_.Begin(std::move(method));
  return std::nullopt;
}

std::optional<Violation> ChannelImpl::On(BasicConfirm method) {
  if (method.tag >= next_tag_) {
    return Violation{kReplyCommandInvalid, absl::StrCat("a confirm of publish ", method.tag,
                                                        " where there were ", next_tag_ - 1)};
  }
  listener_.OnConfirm(method.tag, method.multiple, method.acked);
  return std::nullopt;
}

std::optional<Violation> ChannelImpl::On(BasicCancel method) {
  if (!method.nowait) {
    const absl::StatusOr<std::string> frame = CancelOkFrame(number_, method.consumer_tag);
    if (frame.ok()) host_.out().PushControl(number_, *frame);
  }
  listener_.OnConsumerCancelled(method.consumer_tag);
  return std::nullopt;
}

std::optional<Violation> ChannelImpl::On(ChannelFlow method) {
  // RabbitMQ does not send it: it stops reading instead. The answer is what the protocol asks for.
  host_.out().PushControl(number_, ChannelFlowOkFrame(number_, method.active));
  return std::nullopt;
}

std::optional<Violation> ChannelImpl::On(MethodOk method) {
  if (pending_.empty() || pending_.front().refused || pending_.front().awaited != method.method) {
    return Violation{kReplyCommandInvalid, "an answer to what was not asked"};
  }
  if (method.method == OkMethod::kChannelOpenOk) opened_ = true;
  Reply reply;
  reply.ok = true;
  reply.queue = std::move(method.queue);
  reply.message_count = method.message_count;
  reply.consumer_count = method.consumer_count;
  Answer(reply);
  return std::nullopt;
}

std::optional<Violation> ChannelImpl::OnHeader(ContentHeader&& header) {
  std::optional<Violation> violation = assembler_.OnHeader(std::move(header));
  if (!violation) DeliverContent();
  return violation;
}

std::optional<Violation> ChannelImpl::OnBody(std::string_view bytes) {
  std::optional<Violation> violation = assembler_.OnBody(bytes);
  if (!violation) DeliverContent();
  return violation;
}

void ChannelImpl::DeliverContent() {
  std::optional<Content> content = assembler_.Take();
  if (!content) return;
  if (auto* delivery = std::get_if<IncomingDelivery>(&*content)) {
    listener_.OnDelivery(std::move(*delivery));
  } else if (auto* message = std::get_if<IncomingReturn>(&*content)) {
    listener_.OnReturn(std::move(*message));
  } else {
    const auto& oversized = std::get<OversizedDelivery>(*content);
    listener_.OnOversizedDelivery(oversized.tag, oversized.body_bytes);
  }
}

// --- Methods and their answers.

void ChannelImpl::Call(OkMethod awaited, absl::StatusOr<std::string> frame, ReplyCallback done) {
  if (ended_) return;
  Pending& pending = pending_.emplace_back(Pending{awaited, std::move(done), {}, {}});
  host_.CountMethods(1);
  if (frame.ok() && frame->size() > host_.out().frame_max()) {
    frame = absl::InvalidArgumentError("the arguments do not fit one frame");
  }
  if (frame.ok()) {
    host_.out().PushControl(number_, *frame, host_.MethodToken(*this));
  } else {
    pending.refused = std::string(frame.status().message());
  }
}

void ChannelImpl::Answer(const Reply& reply) {
  ReplyCallback done = std::move(pending_.front().done);
  pending_.pop_front();
  host_.CountMethods(-1);
  if (done) done(reply);
}

void ChannelImpl::OnMethodWritten(base::Duration deadline) {
  for (Pending& pending : pending_) {
    if (pending.deadline || pending.refused) continue;
    pending.deadline = deadline;
    return;
  }
}

std::optional<base::Duration> ChannelImpl::deadline() const {
  if (pending_.empty()) return std::nullopt;
  return pending_.front().deadline;
}

const std::string* ChannelImpl::refused() const {
  if (pending_.empty() || !pending_.front().refused) return nullptr;
  return &*pending_.front().refused;
}

void ChannelImpl::End(const Failure& failure) {
  Reply reply;
  reply.failure = failure;
  while (!ended_ && !pending_.empty()) Answer(reply);
  if (ended_) return;
  ended_ = true;
  listener_.OnClosed(failure);
}

// --- Channel.

void ChannelImpl::ConfirmSelect(ReplyCallback done) {
  Call(OkMethod::kConfirmSelectOk, ConfirmSelectFrame(number_), std::move(done));
}

void ChannelImpl::Qos(uint16_t prefetch_count, ReplyCallback done) {
  Call(OkMethod::kBasicQosOk, QosFrame(number_, prefetch_count), std::move(done));
}

void ChannelImpl::Consume(const ConsumeArgs& args, ReplyCallback done) {
  Call(OkMethod::kBasicConsumeOk, ConsumeFrame(number_, args), std::move(done));
}

void ChannelImpl::CancelConsumer(std::string_view consumer_tag, ReplyCallback done) {
  Call(OkMethod::kBasicCancelOk, CancelFrame(number_, consumer_tag), std::move(done));
}

void ChannelImpl::DeclareExchange(const ExchangeArgs& args, ReplyCallback done) {
  Call(OkMethod::kExchangeDeclareOk, ExchangeDeclareFrame(number_, args), std::move(done));
}

void ChannelImpl::DeclareQueue(const QueueArgs& args, ReplyCallback done) {
  Call(OkMethod::kQueueDeclareOk, QueueDeclareFrame(number_, args), std::move(done));
}

void ChannelImpl::BindQueue(const BindingArgs& args, ReplyCallback done) {
  Call(OkMethod::kQueueBindOk, QueueBindFrame(number_, args), std::move(done));
}

void ChannelImpl::UnbindQueue(const BindingArgs& args, ReplyCallback done) {
  Call(OkMethod::kQueueUnbindOk, QueueUnbindFrame(number_, args), std::move(done));
}

void ChannelImpl::DeleteExchange(std::string_view name, bool if_unused, ReplyCallback done) {
  Call(OkMethod::kExchangeDeleteOk, ExchangeDeleteFrame(number_, name, if_unused), std::move(done));
}

void ChannelImpl::DeleteQueue(std::string_view name, bool if_unused, bool if_empty,
                              ReplyCallback done) {
  Call(OkMethod::kQueueDeleteOk, QueueDeleteFrame(number_, name, if_unused, if_empty),
       std::move(done));
}

void ChannelImpl::PurgeQueue(std::string_view name, ReplyCallback done) {
  Call(OkMethod::kQueuePurgeOk, QueuePurgeFrame(number_, name), std::move(done));
}

uint64_t ChannelImpl::Publish(const EncodedPublish& message) {
  if (message.head.size() - message.header_frame_at > host_.out().frame_max()) return 0;
  host_.out().PushPublish(number_, message);
  return next_tag_++;
}

size_t ChannelImpl::WithdrawUnwritten() {
  const size_t count = host_.out().Withdraw(number_);
  next_tag_ -= count;
  return count;
}

void ChannelImpl::Ack(uint64_t tag, bool multiple) { Settle(AckFrame(number_, tag, multiple)); }

void ChannelImpl::Nack(uint64_t tag, bool multiple, bool requeue) {
  Settle(NackFrame(number_, tag, multiple, requeue));
}

void ChannelImpl::Reject(uint64_t tag, bool requeue) { Settle(RejectFrame(number_, tag, requeue)); }

void ChannelImpl::Settle(const std::string& frame) {
  if (!ended_) host_.out().PushControl(number_, frame);
}

void ChannelImpl::Close() {
  if (ended_) return;
  ended_ = true;
  host_.CountMethods(-static_cast<int>(pending_.size()));
  host_.CloseFromHere(*this);
}

}  // namespace amqp_sidecar::amqp
