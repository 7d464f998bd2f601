// OperationClock: time as the deadlines of methods know it: it stands still while the broker does
// not read, which is no fault of the method. Pure.
#pragma once

#include "base/clock.h"

namespace amqp_sidecar::amqp {

class OperationClock {
 public:
  // Lets it run, or stand still, from `now` on.
  void Run(bool running, base::TimePoint now) {
    if (running == running_) return;
    if (running_) elapsed_ += now - since_;
    running_ = running;
    since_ = now;
  }

  // What it shows at `now`.
  base::Duration At(base::TimePoint now) const {
    return running_ ? elapsed_ + (now - since_) : elapsed_;
  }

  // When it will show `reading`, if it runs on. kNever while it stands still.
  base::TimePoint When(base::Duration reading) const {
    return running_ ? since_ + (reading - elapsed_) : base::kNever;
  }

 private:
  bool running_ = false;
  base::Duration elapsed_{};
  base::TimePoint since_;
};

}  // namespace amqp_sidecar::amqp
