// UnaryConsumer: consumes through the sidecar by Subscribe, and acknowledges by Ack calls beside
// it, on one thread.
#pragma once

#include <memory>
#include <string>

#include "amqp_sidecar/v1/subscriber.grpc.pb.h"
#include "bench/consumer.h"
#include "bench/event_queue.h"

namespace amqp_sidecar::bench {

class UnaryConsumer : public Consumer {
 public:
  explicit UnaryConsumer(const std::string& target);

  // Over when the last Ack call has its OK.
  Seconds Drain(const DrainWork& work) override;

 private:
  std::unique_ptr<v1::SubscriberService::Stub> stub_;
  EventQueue events_;
};

}  // namespace amqp_sidecar::bench
