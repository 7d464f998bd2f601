#include "bench/delivery_stream.h"

#include <stdexcept>
#include <utility>

#include "bench/intake.h"

namespace amqp_sidecar::bench {

DeliveryStream::DeliveryStream(v1::SubscriberService::Stub& stub, EventQueue& events,
                               const std::string& queue)
    : events_(events) {
  context_.set_deadline(std::chrono::system_clock::now() + kCallLimit);
  stream_ = stub.AsyncSubscribeStream(&context_, events_.grpc(), started_.Started());
  if (!events_.Await(started_)) Fail();
  v1::SubscribeRequest& subscribe = *writing_.mutable_subscribe();
  subscribe.set_queue(queue);
  subscribe.set_prefetch(kPrefetch);
  stream_->Write(writing_, written_.Started());
  if (!Read() || response_.event().kind() != v1::SUBSCRIPTION_EVENT_KIND_SUBSCRIBED) Fail();
}

DeliveryStream::~DeliveryStream() {
  if (!over_) Finish();
}

const v1::SubscribeStreamResponse& DeliveryStream::Next() {
  if (!Read() || response_.has_event() || response_.failures_size() > 0) Fail();
  return response_;
}

void DeliveryStream::Ack(const v1::SubscribeStreamResponse& response) {
  v1::AckRequest& ack = *pending_.mutable_ack();
  for (const v1::Delivery& delivery : response.deliveries()) {
    ack.add_delivery_ids(delivery.delivery_id());
  }
  Flush();
}

void DeliveryStream::End() {
  while (pending_.ack().delivery_ids_size() > 0) {
    if (!events_.Await(written_)) Fail();
    Flush();
  }
  if (!events_.Await(written_)) Fail();
  stream_->WritesDone(half_closed_.Started());
  if (Read()) Fail();
  const grpc::Status status = Finish();
  if (!status.ok()) throw std::runtime_error("SubscribeStream: " + TextOf(status));
}

bool DeliveryStream::Read() {
  stream_->Read(&response_, read_.Started());
  while (read_.under_way) {
    events_.Next();
    Flush();
  }
  return read_.ok;
}

void DeliveryStream::Flush() {
  if (written_.under_way || pending_.ack().delivery_ids_size() == 0) return;
  std::swap(writing_, pending_);
  pending_.mutable_ack()->Clear();
  stream_->Write(writing_, written_.Started());
}

grpc::Status DeliveryStream::Finish() {
  over_ = true;
  const bool ended_by_sidecar = !read_.under_way && !read_.ok;
  if (!ended_by_sidecar) context_.TryCancel();
  for (const Event* event : {&started_, &read_, &written_, &half_closed_}) events_.Await(*event);
  grpc::Status status;
  stream_->Finish(&status, finished_.Started());
  events_.Await(finished_);
  return status;
}

void DeliveryStream::Fail() {
  const std::string told = response_.ShortDebugString();
  throw std::runtime_error("SubscribeStream: " + TextOf(Finish()) + " " + told.substr(0, 300));
}

}  // namespace amqp_sidecar::bench
