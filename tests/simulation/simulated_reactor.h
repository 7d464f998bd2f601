// SimulatedReactor: the io thread of a simulated run: its clock jumps to whatever is due next.
// Keeps the timers of the code that is tested apart from those of the world around it. One thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <utility>
#include <vector>

#include "base/reactor.h"
#include "base/timer_queue.h"

namespace amqp_sidecar::simulation {

class SimulatedReactor final : public base::Reactor {
 public:
  static constexpr base::TimePoint kBegin{std::chrono::hours(1)};

  // base::Reactor, for the code that is tested:
  base::TimePoint Now() const override { return now_; }
  base::TimerId At(base::TimePoint when, base::Task task) override {
    return timers_.Add(when, std::move(task));
  }
  void Cancel(base::TimerId timer) override { timers_.Cancel(timer); }
  void Defer(base::Task task) override { deferred_.push_back(std::move(task)); }
  // Refused as often as refuse_posts() says, where it holds something, as a queue that is full
  // does.
  bool Post(base::Task task, size_t bytes) override;

  // For the world: network, broker, callers.
  void WorldAfter(base::Duration delay, base::Task task) {
    world_.Add(now_ + delay, std::move(task));
  }
  void WorldAt(base::TimePoint when, base::Task task) {
    world_.Add(std::max(when, now_), std::move(task));
  }
  // Asked at every Post that may be refused.
  void refuse_posts(absl::AnyInvocable<bool()> refuse) { refuse_ = std::move(refuse); }

  // Runs what is due until nothing is before `end`, or `stop` says so after a turn.
  void RunUntil(base::TimePoint end, absl::AnyInvocable<bool()>& stop);

  // What the tested code has set and not cancelled.
  size_t timers() const { return timers_.size(); }
  bool idle() const { return posted_.empty() && deferred_.empty(); }

 private:
  void Turn();

  base::TimePoint now_ = kBegin;
  base::TimerQueue timers_;
  base::TimerQueue world_;
  std::vector<base::Task> deferred_;
  std::vector<base::Task> posted_;
  absl::AnyInvocable<bool()> refuse_;
};

}  // namespace amqp_sidecar::simulation
