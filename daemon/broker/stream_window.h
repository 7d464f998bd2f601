// StreamWindow: how many messages of one stream may be in flight. Grows while the broker answers
// soon, and shrinks when it does not, so that a bulk publisher is slowed to the broker's pace
// rather than told that its messages came too late. A plain value, no thread of its own.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/clock.h"

namespace amqp_sidecar::broker {

class StreamWindow {
 public:
  static constexpr size_t kFirst = 256;
  // A broker that takes 5 s, the usual deadline, for fewer is one that takes none.
  static constexpr size_t kLeast = 64;
  // An answer sooner than kSoon lets the window grow, one later than kLate makes it shrink.
  static constexpr base::Duration kSoon = std::chrono::milliseconds(250);
  static constexpr base::Duration kLate = std::chrono::milliseconds(500);

  size_t size() const { return size_; }

  // The stream had more to give than the window let through.
  void HeldBack() {
    held_back_ = true;
    grown_ = 0;
  }

  // A message was answered, `age` after it was taken.
  void OnAnswer(base::Duration age) {
    if (unheeded_ > 0) --unheeded_;
    if (age > kLate) {
      // What was in flight already is late all the same: it counts once.
      if (unheeded_ > 0) return;
      unheeded_ = size_;
      size_ = std::max(size_ / 2, kLeast);
      held_back_ = false;
    } else if (age < kSoon && held_back_) {
      ++size_;
      // Doubled, and not held back since: it is wide enough.
      if (++grown_ * 2 >= size_) held_back_ = false;
    }
  }

 private:
  size_t size_ = kFirst;
  size_t unheeded_ = 0;
  size_t grown_ = 0;
  bool held_back_ = false;
};

}  // namespace amqp_sidecar::broker
