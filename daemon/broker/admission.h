// Admission: how much may be in flight between the door and its answer, in messages and bytes, over
// all callers. A call over the bounds is refused; a stream waits, and cannot take so much that no
// call finds room. Any thread.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>

#include "base/clock.h"
#include "base/mutex.h"
#include "broker/stream_window.h"

namespace amqp_sidecar::broker {

class Admission {
 public:
  struct Limits {
    size_t messages = 10'000;
    size_t bytes = 64u << 20;
  };

  // What one stream has in flight. Made by OpenStream(). While it has something in flight, or
  // waits, its part of what streams may hold is as large as that of every other such stream.
  class Stream;
  using StreamPtr = std::shared_ptr<Stream>;

  explicit Admission(Limits limits) : limits_(limits) {}
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

  // One message may always go, however large it is: it is bounded by itself.
  [[nodiscard]] bool AdmitCall(size_t bytes) ABSL_LOCKS_EXCLUDED(mutex_);
  void ReleaseCall(size_t bytes) ABSL_LOCKS_EXCLUDED(mutex_);

  // `on_room` is called, from any thread, when a stream that has nothing in flight and was refused
  // may try again; it must not block, and must not come back here.
  StreamPtr OpenStream(std::function<void()> on_room) const;
  // False: the stream tries again when one of its own is answered, or `on_room` is called.
  [[nodiscard]] bool AdmitStream(const StreamPtr& stream, size_t bytes) ABSL_LOCKS_EXCLUDED(mutex_);
  // One of the stream's was answered, `age` after it was admitted.
  void ReleaseStream(Stream& stream, size_t bytes, base::Duration age) ABSL_LOCKS_EXCLUDED(mutex_);
  // It will not try again. What it has in flight still counts.
  void EndWaiting(const StreamPtr& stream) ABSL_LOCKS_EXCLUDED(mutex_);

  size_t messages() const ABSL_LOCKS_EXCLUDED(mutex_);
  size_t bytes() const ABSL_LOCKS_EXCLUDED(mutex_);
  const Limits& limits() const { return limits_; }

 private:
  struct Load {
    size_t messages = 0;
    size_t bytes = 0;
    void Add(size_t more) {
      ++messages;
      bytes += more;
    }
    void Take(size_t less) {
      --messages;
      bytes -= less;
    }
    bool HasRoomFor(size_t more, const Limits& limits) const {
      return messages < limits.messages && (bytes == 0 || bytes + more <= limits.bytes);
    }
  };

  // A quarter is left to the calls.
  Limits StreamLimits() const;
  Limits ShareLimits() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool TryAdmit(const StreamPtr& stream, size_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Wait(const StreamPtr& stream, size_t bytes, bool first)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HasRoomFor(size_t bytes) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Who is first among those that wait, if there is room for it; it waits no more.
  StreamPtr NextWaiting() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static void Tell(const StreamPtr& stream);

  const Limits limits_;

  mutable base::Mutex mutex_;
  Load all_ ABSL_GUARDED_BY(mutex_);
  Load streams_ ABSL_GUARDED_BY(mutex_);
  size_t busy_streams_ ABSL_GUARDED_BY(mutex_) = 0;  // that have something in flight, or wait
  std::list<StreamPtr> waiting_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace amqp_sidecar::broker
