// Backoff: how long to wait before the next try: exponential, with full jitter, so that a thousand
// sidecars do not come back in step. io thread. Waits for nothing itself.
#pragma once

#include <cstdint>
#include <functional>

#include "base/clock.h"

namespace amqp_sidecar::base {

class Backoff {
 public:
  // A random number from 0 up to, not including, 1.
  using Random = std::function<double()>;

  // Dies unless 0 < initial <= max.
  Backoff(Duration initial, Duration max, Random random);

  // Uniform between 0 and min(max, initial * 2^n), where n counts the calls since Reset().
  Duration Next();
  void Reset() { ceiling_ = initial_; }

 private:
  const Duration initial_;
  const Duration max_;
  const Random random_;
  Duration ceiling_;
};

}  // namespace amqp_sidecar::base
