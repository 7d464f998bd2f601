// ResultQueue: the results of one PublishStream that its client has still to be told. The io thread
// puts in, the call's thread takes out. Bounded by what the call takes on: see PublishStreamCall.
// Knows no gRPC.
#pragma once

#include <cstdint>
#include <vector>

#include "base/mutex.h"
#include "broker/types.h"

namespace amqp_sidecar::rpc {

class ResultQueue {
 public:
  struct Item {
    uint64_t tag;
    broker::PublishResult result;
  };

  // True where the taker has found the queue empty and is to be told; once.
  [[nodiscard]] bool Push(uint64_t tag, broker::PublishResult result) ABSL_LOCKS_EXCLUDED(mutex_);

  // All that is there, in order. Where that is nothing, the next Push returns true.
  std::vector<Item> TakeAll() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  base::Mutex mutex_;
  std::vector<Item> items_ ABSL_GUARDED_BY(mutex_);
  bool taker_waits_ ABSL_GUARDED_BY(mutex_) = true;
};

}  // namespace amqp_sidecar::rpc
