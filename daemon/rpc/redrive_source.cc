#include "rpc/redrive_source.h"

namespace amqp_sidecar::rpc {

RedriveSource::RedriveSource(v1::SubscriberService::Stub& stub, grpc::CompletionQueue& queue,
                             const v1::SubscribeRequest& request, uint32_t number, Owner& owner)
    : number_(number), owner_(owner) {
  reader_ = stub.AsyncSubscribe(&context_, request, &queue, &started_tag_);
}

void RedriveSource::OnStarted(bool ok) { return ok ? Read() : Finish(); }

void RedriveSource::Read() { reader_->Read(&response_, &read_tag_); }

void RedriveSource::Finish() { reader_->Finish(&status_, &finished_tag_); }

void RedriveSource::OnRead(bool ok) {
  if (!ok) return Finish();
  if (response_.has_event()) {
    const v1::SubscriptionEvent& event = response_.event();
    subscribed_ = event.kind() != v1::SUBSCRIPTION_EVENT_KIND_INTERRUPTED;
    owner_.OnEvent(*this, event);
  }
  for (v1::Delivery& delivery : *response_.mutable_deliveries()) {
    owner_.OnDelivery(*this, delivery);
  }
  Read();
}

void RedriveSource::OnFinished(bool /*ok*/) {
  subscribed_ = false;
  over_ = true;
  owner_.OnEnd(*this, status_);
}

}  // namespace amqp_sidecar::rpc
