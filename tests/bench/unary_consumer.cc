#include "bench/unary_consumer.h"

#include <stdexcept>
#include <utility>

#include "bench/ack_calls.h"

namespace amqp_sidecar::bench {
namespace {

// One Subscribe call, that is cancelled at the end.
class Feed {
 public:
  Feed(v1::SubscriberService::Stub& stub, EventQueue& events, const std::string& queue)
      : events_(events) {
    context_.set_deadline(std::chrono::system_clock::now() + kCallLimit);
    v1::SubscribeRequest request;
    request.set_queue(queue);
    request.set_prefetch(kPrefetch);
    reader_ = stub.AsyncSubscribe(&context_, request, events_.grpc(), started_.Started());
    events_.Await(started_);
  }

  ~Feed() {
    context_.TryCancel();
    End();
  }
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  void Read() { reader_->Read(&response_, read_.Started()); }
  bool reading() const { return read_.under_way; }

  // Once it is read. Throws unless it is deliveries, or the first event.
  v1::SubscribeResponse& response() {
    if (!read_.ok) throw std::runtime_error("Subscribe: " + TextOf(End()));
    if (response_.has_event() &&
        (std::exchange(subscribed_, true) ||
         response_.event().kind() != v1::SUBSCRIPTION_EVENT_KIND_SUBSCRIBED)) {
      throw std::runtime_error("Subscribe: " + response_.event().ShortDebugString());
    }
    return response_;
  }

 private:
  grpc::Status End() {
    grpc::Status status;
    if (std::exchange(over_, true)) return status;
    events_.Await(read_);
    reader_->Finish(&status, finished_.Started());
    events_.Await(finished_);
    return status;
  }

  EventQueue& events_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientAsyncReader<v1::SubscribeResponse>> reader_;
  v1::SubscribeResponse response_;
  Event started_, read_, finished_;
  bool subscribed_ = false;
  bool over_ = false;
};

}  // namespace

UnaryConsumer::UnaryConsumer(const std::string& target)
    : stub_(v1::SubscriberService::NewStub(ConnectedChannel(target))) {}

Seconds UnaryConsumer::Drain(const DrainWork& work) {
  Intake intake(work);
  const auto began = Clock::now();
  Feed feed(*stub_, events_, work.queue);
  AckCalls acks(*stub_, events_);
  while (!intake.Done()) {
    feed.Read();
    while (feed.reading()) {
      events_.Next();
      acks.Turn();
    }
    for (v1::Delivery& delivery : *feed.response().mutable_deliveries()) {
      intake.Take(delivery.body().size(), delivery.redelivered());
      acks.Add(std::move(*delivery.mutable_delivery_id()));
    }
    acks.Turn();
  }
  acks.Finish();
  return Clock::now() - began;
}

}  // namespace amqp_sidecar::bench
