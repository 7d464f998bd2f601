#include "rpc/result_queue.h"

#include <iterator>
#include <utility>

namespace amqp_sidecar::rpc {

bool ResultQueue::Push(std::vector<broker::StreamResult> results) {
  const base::MutexLock lock(&mutex_);
  if (items_.empty()) {
    items_ = std::move(results);
  } else {
    items_.insert(items_.end(), std::make_move_iterator(results.begin()),
                  std::make_move_iterator(results.end()));
  }
  return std::exchange(taker_waits_, false);
}

std::vector<broker::StreamResult> ResultQueue::TakeAll() {
  const base::MutexLock lock(&mutex_);
  taker_waits_ = items_.empty();
  return std::exchange(items_, {});
}

}  // namespace amqp_sidecar::rpc
