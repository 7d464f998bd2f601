// ResultQueue: the results of one PublishStream that its client has still to be told. The io thread
// puts in, the call's thread takes out. Bounded by what the call takes on: see PublishStreamCall.
// Knows no gRPC.
#pragma once

#include <vector>

#include "base/mutex.h"
#include "broker/types.h"

namespace amqp_sidecar::rpc {

class ResultQueue {
 public:
  // True where the taker has found the queue empty and is to be told; once.
  [[nodiscard]] bool Push(std::vector<broker::StreamResult> results) ABSL_LOCKS_EXCLUDED(mutex_);

  // All that is there, in order. Where that is nothing, the next Push returns true.
  std::vector<broker::StreamResult> TakeAll() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  base::Mutex mutex_;
  std::vector<broker::StreamResult> items_ ABSL_GUARDED_BY(mutex_);
  bool taker_waits_ ABSL_GUARDED_BY(mutex_) = true;
};

}  // namespace amqp_sidecar::rpc
