// RecentEvents: the last lines of the log that told of a change, for whoever looks at the status.
// Any thread. Bounded; lines of the same sentence in a row are one event.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"

namespace amqp_sidecar::base {

struct Event {
  WallTime at;
  LogLevel level = LogLevel::kInfo;
  std::string what;    // the line's sentence
  std::string detail;  // its fields: key=value key="quoted value"
  uint32_t count = 1;  // so many in a row; `at` and `detail` are the last one's
};

class RecentEvents {
 public:
  static constexpr size_t kMost = 64;

  void Add(Event event) ABSL_LOCKS_EXCLUDED(mutex_);
  // The newest last.
  std::vector<Event> List() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  mutable Mutex mutex_;
  std::deque<Event> events_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace amqp_sidecar::base
