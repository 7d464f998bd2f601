#include "simulated_reactor.h"

#include <algorithm>

namespace amqp_sidecar::simulation {

bool SimulatedReactor::Post(base::Task task, size_t bytes) {
  if (bytes > 0 && refuse_ && refuse_()) return false;
  posted_.push_back(std::move(task));
  return true;
}

// In the order of base::EventLoop: descriptors, timers, what was posted, what was deferred.
void SimulatedReactor::Turn() {
  world_.RunDue(now_);
  timers_.RunDue(now_);
  for (base::Task& task : std::exchange(posted_, {})) task();
  for (base::Task& task : std::exchange(deferred_, {})) task();
}

void SimulatedReactor::RunUntil(base::TimePoint end, absl::AnyInvocable<bool()>& stop) {
  while (!stop()) {
    if (idle()) {
      const base::TimePoint next = std::min(timers_.NextDue(), world_.NextDue());
      if (next > end) {
        now_ = std::max(now_, end);
        return;
      }
      now_ = std::max(now_, next);
    }
    Turn();
  }
}

}  // namespace amqp_sidecar::simulation
