// Reactor: what code on the io thread may ask of the thread that it runs on: the time, timers, and
// a task at the end of this turn. EventLoop is the real one; a test brings its own, with a clock
// that it moves by hand. Knows no descriptors.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/functional/any_invocable.h"
#include "base/clock.h"
#include "base/thread_annotations.h"

namespace amqp_sidecar::base {

using Task = absl::AnyInvocable<void()>;

// Names a timer until it has fired or is cancelled. 0 names none.
using TimerId = uint64_t;

class Reactor {
 public:
  virtual ~Reactor() = default;

  // The time at which this turn of the loop began: the same for everything that runs in it.
  virtual TimePoint Now() const = 0;

  // Runs `task` once, at `when` or as soon after as the thread is free. Io thread only.
  virtual TimerId At(TimePoint when, Task task) = 0;

  // A timer that has fired, or 0, is no error. Io thread only.
  virtual void Cancel(TimerId timer) = 0;

  // Runs `task` at the end of this turn, before the thread waits again. Io thread only.
  virtual void Defer(Task task) = 0;

  // Runs `task` on the io thread. Any thread. False, and the task is dropped, when the loop has
  // stopped or too much is waiting already; `bytes` is what the task holds, beyond itself.
  [[nodiscard]] virtual bool Post(Task task, size_t bytes) = 0;

  TimerId After(Duration delay, Task task) { return At(Now() + delay, std::move(task)); }

  // The io thread, as a capability.
  ThreadRole role;
};

}  // namespace amqp_sidecar::base
