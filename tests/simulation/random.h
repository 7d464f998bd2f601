// Random: where every choice of a simulated run comes from. The same seed gives the same numbers on
// every machine (SplitMix64). One thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace amqp_sidecar::simulation {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  // From 0 up to, not including, 1.
  double Unit() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }

  // From 0 to `end` - 1; `end` is not 0.
  size_t Below(size_t end) { return static_cast<size_t>(Next() % end); }

  // Both included.
  size_t Between(size_t low, size_t high) { return low + Below(high - low + 1); }

  bool Chance(double probability) { return Unit() < probability; }

  // Microseconds count: times rarely meet.
  base::Duration Time(base::Duration low, base::Duration high) {
    return low +
           std::chrono::duration_cast<base::Duration>(std::chrono::microseconds(
               static_cast<int64_t>(Unit() * static_cast<double>(Micros(high) - Micros(low)))));
  }

  // Another source, which does not depend on how much is drawn from this one later.
  Random Fork() { return Random(Next()); }

 private:
  static int64_t Micros(base::Duration time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
  }

  uint64_t state_;
};

}  // namespace amqp_sidecar::simulation
