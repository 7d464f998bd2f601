// DirectConsumer: consumes by rabbitmq-c's stock calls, as a careful program without the sidecar
// would: one connection, one channel, a prefetch, and an acknowledgement of all up to here every
// kAckBatch deliveries. One for each delivery would be slower.
#pragma once

#include <string>

#include "bench/consumer.h"
#include "bench/direct_feed.h"

namespace amqp_sidecar::bench {

class DirectConsumer : public Consumer {
 public:
  explicit DirectConsumer(const std::string& uri) : feed_(uri) {}

  Seconds Drain(const DrainWork& work) override;

 private:
  DirectFeed feed_;
};

}  // namespace amqp_sidecar::bench
