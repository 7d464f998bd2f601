// EventLoop: the io thread's loop: epoll over descriptors, an eventfd for tasks from other threads,
// and timers. One thread runs it; Post() and Stop() alone may come from others. Knows neither AMQP
// nor gRPC.
#pragma once

#include <sys/epoll.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "base/mutex.h"
#include "base/reactor.h"
#include "base/timer_queue.h"
#include "base/unique_fd.h"

namespace amqp_sidecar::base {

class EventLoop final : public Reactor {
 public:
  struct Limits {
    size_t max_posted_tasks = 100'000;
    size_t max_posted_bytes = 256u << 20;
  };

  // Called with the epoll events (EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP) that are there.
  using ReadyCallback = absl::AnyInvocable<void(uint32_t events)>;

  EventLoop();
  explicit EventLoop(const Limits& limits);
  ~EventLoop() override;

  // Runs until Stop(). The thread that calls it becomes the io thread. Tasks that are posted when
  // it stops are destroyed without being run.
  void Run();

  // Any thread. Run() returns at the end of its turn.
  void Stop();

  // How long the io thread has been at one piece of work, or has left a task untouched. Any thread.
  // Where nothing waits for it, it is asked to come round: the next call then tells whether it did.
  Duration Stalled();

  // Tasks that were posted and not begun. Any thread.
  size_t posted_tasks() const;

  // Level-triggered. `fd` is not owned and is watched until Unwatch(). Io thread, or before Run().
  void Watch(int fd, uint32_t events, ReadyCallback callback);
  void Rewatch(int fd, uint32_t events);
  void Unwatch(int fd);

  // Reactor:
  TimePoint Now() const override { return now_; }
  TimerId At(TimePoint when, Task task) override { return timers_.Add(when, std::move(task)); }
  void Cancel(TimerId timer) override { timers_.Cancel(timer); }
  void Defer(Task task) override { deferred_.push_back(std::move(task)); }
  [[nodiscard]] bool Post(Task task, size_t bytes) override;

 private:
  struct Watched {
    int fd;
    bool removed = false;
    ReadyCallback callback;
  };

  void Wait();
  void RunPosted();
  void RunDeferred();

  // Constant after construction.
  const Limits limits_;
  UniqueFd epoll_;
  UniqueFd wakeup_;

  // Owned by the io thread.
  TimePoint now_;
  TimerQueue timers_;
  std::vector<Task> deferred_;
  std::unordered_map<int, std::unique_ptr<Watched>> watched_;
  std::vector<std::unique_ptr<Watched>> removed_;

  // Since when it works; kNever while it waits. Written by the io thread.
  std::atomic<TimePoint> busy_since_ = kNever;

  mutable Mutex mutex_;
  std::vector<Task> posted_ ABSL_GUARDED_BY(mutex_);
  TimePoint posted_since_ ABSL_GUARDED_BY(mutex_);  // the first of them
  size_t posted_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::atomic<bool> stopping_ = false;
};

}  // namespace amqp_sidecar::base
