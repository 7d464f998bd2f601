#include "rpc/subscribe_call.h"

#include <utility>

#include "rpc/convert.h"
#include "rpc/error_table.h"
#include "rpc/utf8.h"

namespace amqp_sidecar::rpc {

void SubscribeCall::Arm(Worker& worker, const Method& method) {
  auto call = std::make_unique<SubscribeCall>(worker, method);
  SubscribeCall& armed = *call;
  worker.Add(std::move(call));
  armed.NotifyWhenDone();
  method.request(&armed.context_, &armed.request_, &armed.writer_, worker.queue(),
                 armed.started_tag());
}

SubscribeCall::SubscribeCall(Worker& worker, const Method& method)
    : StreamingCall(worker), method_(method), writer_(&context_) {}

void SubscribeCall::Start() {
  Arm(worker_, method_);
  broker::SubscribeRequest request;
  if (const MaybeError error = TakeSubscribe(request_, request)) return Finish(ToStatus(*error));
  request.peer = ToUtf8(context_.peer());
  feed_ = std::make_shared<SubscribeFeed<SubscribeCall>>(CallRef<SubscribeCall>(worker_, *this));
  subscription_ = method_.broker.Subscribe(std::move(request), feed_);
}

void SubscribeCall::Pump() {
  if (writing_ || finished_ || worker_.closing()) return;
  OutboundQueue::Batch batch = feed_->queue().Take({});
  if (batch.empty()) return;
  if (batch.end) return Finish(ToStatus(batch.end->why));
  v1::SubscribeResponse& response = memory_.Fresh();
  // With nothing left of it, go on behind the other calls: a queue may be full of such.
  if (!PutBatch(method_.broker, subscription_, std::move(batch), response)) return feed_->Wake();
  writing_ = true;
  writer_.Write(response, Begin(written_tag_));
}

void SubscribeCall::Finish(const grpc::Status& status) {
  finished_ = true;
  writer_.Finish(status, Begin(finished_tag_));
}

void SubscribeCall::OnWritten(bool ok) {
  writing_ = false;
  // The client is gone: End() is called, too.
  if (!ok) finished_ = true;
  Pump();
  Over();
}

void SubscribeCall::OnFinished(bool /*ok*/) { Over(); }

void SubscribeCall::End() {
  finished_ = true;
  if (subscription_ != 0) method_.broker.EndSubscription(subscription_);
}

}  // namespace amqp_sidecar::rpc
