#include "base/timer_queue.h"

namespace amqp_sidecar::base {

TimerId TimerQueue::Add(TimePoint when, Task task) {
  const TimerId id = next_id_++;
  by_time_.emplace(Key{when, id}, std::move(task));
  time_of_.emplace(id, when);
  return id;
}

void TimerQueue::Cancel(TimerId timer) {
  auto found = time_of_.find(timer);
  if (found == time_of_.end()) return;
  by_time_.erase(Key{found->second, timer});
  time_of_.erase(found);
}

TimePoint TimerQueue::NextDue() const {
  return by_time_.empty() ? kNever : by_time_.begin()->first.first;
}

void TimerQueue::RunDue(TimePoint now) {
  const TimerId end = next_id_;
  // A timer that a task adds has an id of `end` or more: it waits for the next call, so that a task
  // which always sets another one cannot hold the thread.
  auto next = by_time_.begin();
  while (next != by_time_.end() && next->first.first <= now) {
    if (next->first.second >= end) {
      ++next;
      continue;
    }
    const Key key = next->first;
    Task task = std::move(next->second);
    by_time_.erase(next);
    time_of_.erase(key.second);
    task();
    next = by_time_.upper_bound(Key{key.first, key.second});
  }
}

}  // namespace amqp_sidecar::base
