#include "base/event_loop.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace amqp_sidecar::base {
namespace {

// Our own descriptors: a failure here is a bug or a machine out of them at start, and nothing can
// go on without.
void Check(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "event loop: %s: %s\n", what, std::strerror(errno));
  std::abort();
}

}  // namespace

EventLoop::EventLoop() : EventLoop(Limits{}) {}

EventLoop::EventLoop(const Limits& limits)
    : limits_(limits),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wakeup_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      now_(std::chrono::steady_clock::now()) {
  Check(static_cast<bool>(epoll_), "epoll_create1");
  Check(static_cast<bool>(wakeup_), "eventfd");
  Watch(wakeup_.get(), EPOLLIN, [this](uint32_t) {
    uint64_t count = 0;
    (void)!::read(wakeup_.get(), &count, sizeof count);
  });
}

EventLoop::~EventLoop() = default;

void EventLoop::Run() {
  role.Bind();
  while (!stopping_.load(std::memory_order_acquire)) {
    Wait();
    timers_.RunDue(now_);
    RunPosted();
    RunDeferred();
    removed_.clear();
  }
  std::vector<Task> dropped;
  {
    MutexLock lock(&mutex_);
    dropped.swap(posted_);
  }
}

void EventLoop::Stop() {
  stopping_.store(true, std::memory_order_release);
  const uint64_t one = 1;
  (void)!::write(wakeup_.get(), &one, sizeof one);
}

bool EventLoop::Post(Task task, size_t bytes) {
  bool was_empty = false;
  {
    MutexLock lock(&mutex_);
    if (stopping_.load(std::memory_order_acquire)) return false;
    if (posted_.size() >= limits_.max_posted_tasks) return false;
    if (posted_bytes_ + bytes > limits_.max_posted_bytes && !posted_.empty()) return false;
    was_empty = posted_.empty();
    if (was_empty) posted_since_ = std::chrono::steady_clock::now();
    posted_.push_back(std::move(task));
    posted_bytes_ += bytes;
  }
  // Only the step from empty to not empty wakes the thread: a burst costs one system call.
  if (was_empty) {
    const uint64_t one = 1;
    (void)!::write(wakeup_.get(), &one, sizeof one);
  }
  return true;
}

Duration EventLoop::Stalled() {
  const TimePoint now = std::chrono::steady_clock::now();
  TimePoint since = busy_since_.load(std::memory_order_relaxed);
  bool posted = false;
  {
    const MutexLock lock(&mutex_);
    posted = !posted_.empty();
    if (posted) since = std::min(since, posted_since_);
  }
  if (!posted) (void)Post([] {}, 0);
  return std::max(Duration::zero(), now - std::min(since, now));
}

size_t EventLoop::posted_tasks() const {
  const MutexLock lock(&mutex_);
  return posted_.size();
}

void EventLoop::Watch(int fd, uint32_t events, ReadyCallback callback) {
  auto watched = std::make_unique<Watched>();
  watched->fd = fd;
  watched->callback = std::move(callback);
  epoll_event event{};
  event.events = events;
  event.data.ptr = watched.get();
  Check(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl add");
  watched_[fd] = std::move(watched);
}

void EventLoop::Rewatch(int fd, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = watched_.at(fd).get();
  Check(::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) == 0, "epoll_ctl mod");
}

void EventLoop::Unwatch(int fd) {
  auto found = watched_.find(fd);
  if (found == watched_.end()) return;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  // An event for it may stand in the batch that is being handled: the record lives to its end.
  found->second->removed = true;
  removed_.push_back(std::move(found->second));
  watched_.erase(found);
}

void EventLoop::Wait() {
  int timeout_ms = -1;
  bool work_waits = !deferred_.empty();
  {
    MutexLock lock(&mutex_);
    work_waits = work_waits || !posted_.empty();
  }
  const TimePoint due = timers_.NextDue();
  if (work_waits) {
    timeout_ms = 0;
  } else if (due != kNever) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(due - std::chrono::steady_clock::now());
    timeout_ms = static_cast<int>(std::clamp<int64_t>(left.count(), 0, 60'000));
  }
  std::array<epoll_event, 16> events;
  busy_since_.store(kNever, std::memory_order_relaxed);
  const int count =
      ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout_ms);
  now_ = std::chrono::steady_clock::now();
  busy_since_.store(now_, std::memory_order_relaxed);
  for (int i = 0; i < count; ++i) {
    auto* watched = static_cast<Watched*>(events[static_cast<size_t>(i)].data.ptr);
    if (!watched->removed) watched->callback(events[static_cast<size_t>(i)].events);
  }
}

void EventLoop::RunPosted() {
  std::vector<Task> tasks;
  {
    MutexLock lock(&mutex_);
    tasks.swap(posted_);
    posted_bytes_ = 0;
  }
  for (Task& task : tasks) task();
}

void EventLoop::RunDeferred() {
  // A deferred task may defer another: it runs in the next turn, which then does not wait.
  std::vector<Task> tasks = std::exchange(deferred_, {});
  for (Task& task : tasks) task();
}

}  // namespace amqp_sidecar::base
