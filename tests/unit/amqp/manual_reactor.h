// ManualReactor: a Reactor whose clock is moved by hand. One thread.
#pragma once

#include <utility>
#include <vector>

#include "base/reactor.h"
#include "base/timer_queue.h"

namespace amqp_sidecar::amqp {

class ManualReactor final : public base::Reactor {
 public:
  base::TimePoint Now() const override { return now_; }
  base::TimerId At(base::TimePoint when, base::Task task) override {
    return timers_.Add(when, std::move(task));
  }
  void Cancel(base::TimerId timer) override { timers_.Cancel(timer); }
  void Defer(base::Task task) override { deferred_.push_back(std::move(task)); }
  bool Post(base::Task task, size_t) override {
    posted_.push_back(std::move(task));
    return true;
  }

  // What a turn of the loop does when no time passes.
  void Turn() {
    timers_.RunDue(now_);
    for (base::Task& task : std::exchange(posted_, {})) task();
    while (!deferred_.empty()) {
      for (base::Task& task : std::exchange(deferred_, {})) task();
    }
  }

  void Advance(base::Duration time) {
    const base::TimePoint end = now_ + time;
    Turn();
    while (timers_.NextDue() <= end) {
      now_ = std::max(now_, timers_.NextDue());
      Turn();
    }
    now_ = end;
  }

  size_t timers() const { return timers_.size(); }

 private:
  base::TimePoint now_{std::chrono::hours(1)};
  base::TimerQueue timers_;
  std::vector<base::Task> deferred_;
  std::vector<base::Task> posted_;
};

}  // namespace amqp_sidecar::amqp
