#include "bench/sidecar_trip.h"

#include <stdexcept>

#include "bench/delivery_stream.h"
#include "bench/intake.h"
#include "bench/progress.h"

namespace amqp_sidecar::bench {
namespace {

// One Publish call, from its start; over with the object.
class PublishCall {
 public:
  PublishCall(v1::PublisherService::Stub& stub, EventQueue& events,
              const v1::PublishRequest& request)
      : events_(events) {
    context_.set_deadline(std::chrono::system_clock::now() + kCallLimit);
    reader_ = stub.AsyncPublish(&context_, request, events.grpc());
    reader_->Finish(&response_, &status_, event_.Started());
  }
  ~PublishCall() { events_.Await(event_); }
  PublishCall(const PublishCall&) = delete;
  PublishCall& operator=(const PublishCall&) = delete;

  // Throws unless it is OK.
  void Await() {
    events_.Await(event_);
    if (!status_.ok()) throw std::runtime_error("Publish: " + TextOf(status_));
  }

 private:
  EventQueue& events_;
  grpc::ClientContext context_;
  v1::PublishResponse response_;
  grpc::Status status_;
  std::unique_ptr<grpc::ClientAsyncResponseReader<v1::PublishResponse>> reader_;
  Event event_;
};

}  // namespace

SidecarTrip::SidecarTrip(const std::string& target)
    : channel_(ConnectedChannel(target)),
      publisher_(v1::PublisherService::NewStub(channel_)),
      subscriber_(v1::SubscriberService::NewStub(channel_)) {}

std::vector<int64_t> SidecarTrip::Run(const std::string& queue, const std::string& body,
                                      size_t messages) {
  Intake intake({queue, body.size(), messages});
  std::vector<int64_t> latencies;
  DeliveryStream stream(*subscriber_, events_, queue);
  v1::PublishRequest request;
  request.mutable_message()->set_routing_key(queue);
  request.mutable_message()->set_body(body);
  while (!intake.Done()) {
    const auto sent = Clock::now();
    PublishCall call(*publisher_, events_, request);
    const v1::SubscribeStreamResponse& response = stream.Next();
    latencies.push_back(std::chrono::nanoseconds(Clock::now() - sent).count());
    for (const v1::Delivery& delivery : response.deliveries()) {
      intake.Take(delivery.body().size(), delivery.redelivered());
    }
    stream.Ack(response);
    call.Await();
  }
  stream.End();
  return latencies;
}

}  // namespace amqp_sidecar::bench
