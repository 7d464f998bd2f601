// History: the figures of the last ten minutes, one sample a second, so that a page that is opened
// after an incident shows it. A thread of its own: what it asks must not wait for the io thread.
// Any thread may read.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/mutex.h"

namespace amqp_sidecar::app {

class History {
 public:
  static constexpr base::Duration kInterval = std::chrono::seconds(1);
  static constexpr size_t kMost = 600;

  enum class Link { kAway, kBlocked, kUp };

  // Sums since the start, but for the last three.
  struct Figures {
    uint64_t confirmed = 0;
    uint64_t unrouted = 0;
    uint64_t failed = 0;  // for whatever reason
    uint64_t delivered = 0;
    uint64_t settled = 0;  // acked, nacked and rejected
    uint64_t in_flight = 0;
    uint64_t unsettled = 0;
    Link link = Link::kAway;
  };

  // Must not block.
  using Source = std::function<Figures()>;

  explicit History(Source source);
  ~History();

  // Samples at once and then every kInterval. A time in which the process did not run stays a gap.
  void Start();
  void Stop();

  // One sample; for who drives it without Start(). `now` does not go back.
  void Sample(base::TimePoint now);

  // {"now_ms": since 1970, "fields": ["age_ms", "confirmed", ...], "samples": [[...], ...]}, the
  // oldest first. `now` and `wall` are the same moment.
  std::string Json(base::TimePoint now, base::WallTime wall) const;
  std::string Json() const;

 private:
  struct Entry {
    base::TimePoint at;
    Figures figures;
  };

  void Run();

  const Source source_;

  mutable base::Mutex mutex_;
  std::deque<Entry> entries_ ABSL_GUARDED_BY(mutex_);

  // std's own: base::Mutex has nothing to wait with.
  std::mutex stop_mutex_;
  std::condition_variable stop_changed_;
  bool stop_ = false;  // guarded by stop_mutex_
  std::thread thread_;
};

}  // namespace amqp_sidecar::app
