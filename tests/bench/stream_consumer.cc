#include "bench/stream_consumer.h"

#include "bench/delivery_stream.h"

namespace amqp_sidecar::bench {

StreamConsumer::StreamConsumer(const std::string& target)
    : stub_(v1::SubscriberService::NewStub(ConnectedChannel(target))) {}

Seconds StreamConsumer::Drain(const DrainWork& work) {
  Intake intake(work);
  const auto began = Clock::now();
  DeliveryStream stream(*stub_, events_, work.queue);
  while (!intake.Done()) {
    const v1::SubscribeStreamResponse& response = stream.Next();
    for (const v1::Delivery& delivery : response.deliveries()) {
      intake.Take(delivery.body().size(), delivery.redelivered());
    }
    stream.Ack(response);
  }
  stream.End();
  return Clock::now() - began;
}

}  // namespace amqp_sidecar::bench
