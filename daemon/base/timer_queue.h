// TimerQueue: tasks by the time at which they fall due; equal times fire in the order they were
// set. io thread. Knows no clock: the time is passed in.
#pragma once

#include <map>
#include <unordered_map>
#include <utility>

#include "base/reactor.h"

namespace amqp_sidecar::base {

class TimerQueue {
 public:
  TimerId Add(TimePoint when, Task task);
  void Cancel(TimerId timer);

  // kNever where there is none.
  TimePoint NextDue() const;

  // Runs what is due at `now`. A task may add and cancel timers; one that it adds runs in a later
  // call, even where it is due already.
  void RunDue(TimePoint now);

  size_t size() const { return by_time_.size(); }

 private:
  using Key = std::pair<TimePoint, TimerId>;

  TimerId next_id_ = 1;
  std::map<Key, Task> by_time_;
  std::unordered_map<TimerId, TimePoint> time_of_;
};

}  // namespace amqp_sidecar::base
