// Heartbeat: when to send one, and when the broker is dead: nothing written for half the interval,
// nothing received for twice the interval. Pure: the time is passed in.
#pragma once

#include <algorithm>

#include "base/clock.h"

namespace amqp_sidecar::amqp {

class Heartbeat {
 public:
  // `interval` zero: none.
  void Start(base::Duration interval, base::TimePoint now) {
    interval_ = interval;
    written_at_ = now;
    received_at_ = now;
  }

  void OnWritten(base::TimePoint now) { written_at_ = now; }
  void OnReceived(base::TimePoint now) { received_at_ = now; }

  base::TimePoint SendAt() const { return on() ? written_at_ + interval_ / 2 : base::kNever; }
  base::TimePoint DeadAt() const { return on() ? received_at_ + 2 * interval_ : base::kNever; }

 private:
  bool on() const { return interval_ > base::Duration::zero(); }

  base::Duration interval_{};
  base::TimePoint written_at_;
  base::TimePoint received_at_;
};

}  // namespace amqp_sidecar::amqp
