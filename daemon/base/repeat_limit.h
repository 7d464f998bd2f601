// RepeatLimit: when to tell the log of something that happens again and again: at once the first
// time, then once in a while with how often. Plain value; knows no clock and no log.
#pragma once

#include <cstdint>
#include <utility>

#include "base/clock.h"

namespace amqp_sidecar::base {

class RepeatLimit {
 public:
  explicit RepeatLimit(Duration every) : every_(every) {}

  // It happened once more. How often since it was told last, where it is to be told now; else 0:
  // then somebody calls TakeAll() after `every`.
  uint64_t Add(TimePoint now) {
    ++untold_;
    return now < tell_from_ ? 0 : TakeAll(now);
  }

  // How often since it was told last; it is told now, if it is not 0.
  uint64_t TakeAll(TimePoint now) {
    if (untold_ > 0) tell_from_ = now + every_;
    return std::exchange(untold_, 0);
  }

  // Nothing is held back, and the next would be told at once.
  bool idle(TimePoint now) const { return untold_ == 0 && now >= tell_from_; }

 private:
  const Duration every_;
  TimePoint tell_from_ = TimePoint::min();
  uint64_t untold_ = 0;
};

}  // namespace amqp_sidecar::base
