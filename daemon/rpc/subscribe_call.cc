#include "rpc/subscribe_call.h"

#include <utility>

#include "rpc/convert.h"
#include "rpc/error_table.h"
#include "rpc/utf8.h"

namespace amqp_sidecar::rpc {

void SubscribeCall::Feed::OnEvent(broker::SubscriptionEvent event, std::string detail) {
  if (queue_.PushEvent({event, std::move(detail)})) Wake();
}

void SubscribeCall::Feed::OnDelivery(broker::Delivery delivery) {
  if (queue_.PushDelivery(std::move(delivery))) Wake();
}

void SubscribeCall::Feed::OnEnd(broker::Error why) {
  if (queue_.PushEnd(std::move(why))) Wake();
}

void SubscribeCall::Feed::Wake() const {
  call_.Post([](SubscribeCall& call) { call.Pump(); });
}

void SubscribeCall::Arm(Worker& worker, const Method& method) {
  auto call = std::make_unique<SubscribeCall>(worker, method);
  SubscribeCall& armed = *call;
  worker.Add(std::move(call));
  armed.context_.AsyncNotifyWhenDone(&armed.done_tag_);
  method.request(&armed.context_, &armed.request_, &armed.writer_, worker.queue(),
                 &armed.started_tag_);
}

SubscribeCall::SubscribeCall(Worker& worker, const Method& method)
    : worker_(worker), method_(method), writer_(&context_) {}

void SubscribeCall::OnStarted(bool ok) {
  if (!ok) return worker_.Remove(*this);  // the server is shutting down; OnDone does not come
  if (worker_.closing()) return;
  Arm(worker_, method_);
  Begin();
}

void SubscribeCall::Begin() {
  broker::SubscribeRequest request;
  if (const MaybeError error = TakeSubscribe(request_, request)) return Finish(ToStatus(*error));
  request.peer = ToUtf8(context_.peer());
  feed_ = std::make_shared<Feed>(CallRef<SubscribeCall>(worker_, *this));
  subscription_ = method_.broker.Subscribe(std::move(request), feed_);
}

void SubscribeCall::Pump() {
  if (busy_ || finished_ || done_ || worker_.closing()) return;
  OutboundQueue::Batch batch = feed_->queue().Take({});
  if (batch.end) return Finish(ToStatus(*batch.end));
  if (batch.event || !batch.deliveries.empty()) Write(std::move(batch));
}

void SubscribeCall::Write(OutboundQueue::Batch batch) {
  v1::SubscribeResponse response;
  if (batch.event) {
    response.mutable_event()->set_kind(ToProto(batch.event->kind));
    response.mutable_event()->set_detail(ToUtf8(std::move(batch.event->detail)));
  }
  for (broker::Delivery& delivery : batch.deliveries) {
    method_.broker.Inspect(delivery);
    PutDelivery(std::move(delivery), *response.add_deliveries());
  }
  busy_ = true;
  writer_.Write(response, &written_tag_);
}

void SubscribeCall::Finish(const grpc::Status& status) {
  finished_ = true;
  busy_ = true;
  writer_.Finish(status, &finished_tag_);
}

void SubscribeCall::OnWritten(bool ok) {
  busy_ = false;
  // The client is gone: OnDone says so too, and ends it.
  if (!ok) finished_ = true;
  Pump();
  RemoveIfOver();
}

void SubscribeCall::OnFinished(bool /*ok*/) {
  busy_ = false;
  RemoveIfOver();
}

void SubscribeCall::OnDone(bool /*ok*/) {
  done_ = true;
  if (subscription_ != 0) method_.broker.EndSubscription(subscription_);
  RemoveIfOver();
}

void SubscribeCall::RemoveIfOver() {
  if (done_ && !busy_) worker_.Remove(*this);
}

}  // namespace amqp_sidecar::rpc
