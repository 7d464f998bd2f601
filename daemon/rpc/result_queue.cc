#include "rpc/result_queue.h"

#include <utility>

namespace amqp_sidecar::rpc {

bool ResultQueue::Push(uint64_t tag, broker::PublishResult result) {
  const base::MutexLock lock(&mutex_);
  items_.push_back({tag, std::move(result)});
  return std::exchange(taker_waits_, false);
}

std::vector<ResultQueue::Item> ResultQueue::TakeAll() {
  const base::MutexLock lock(&mutex_);
  taker_waits_ = items_.empty();
  return std::exchange(items_, {});
}

}  // namespace amqp_sidecar::rpc
