// StreamConsumer: consumes through the sidecar by SubscribeStream, on one thread. The deliveries of
// a response are acknowledged together.
#pragma once

#include <memory>
#include <string>

#include "amqp_sidecar/v1/subscriber.grpc.pb.h"
#include "bench/consumer.h"
#include "bench/event_queue.h"

namespace amqp_sidecar::bench {

class StreamConsumer : public Consumer {
 public:
  explicit StreamConsumer(const std::string& target);

  // One stream from its start to its end, by which every acknowledgement has taken.
  Seconds Drain(const DrainWork& work) override;

 private:
  std::unique_ptr<v1::SubscriberService::Stub> stub_;
  EventQueue events_;
};

}  // namespace amqp_sidecar::bench
