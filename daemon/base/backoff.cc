#include "base/backoff.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace amqp_sidecar::base {

Backoff::Backoff(Duration initial, Duration max, Random random)
    : initial_(initial), max_(max), random_(std::move(random)), ceiling_(initial) {
  if (initial <= Duration::zero() || max < initial) {
    std::fputs("backoff: 0 < initial <= max does not hold\n", stderr);
    std::abort();
  }
}

Duration Backoff::Next() {
  const Duration ceiling = ceiling_;
  ceiling_ = ceiling_ > max_ / 2 ? max_ : ceiling_ * 2;
  return std::chrono::duration_cast<Duration>(ceiling * random_());
}

}  // namespace amqp_sidecar::base
