// Histogram: how often a measured time fell into each of some ranges. One thread observes, any may
// read. Made for the hot path: an observation takes no lock and no atomic read-modify-write.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/clock.h"

namespace amqp_sidecar::base {

class Histogram {
 public:
  static constexpr size_t kMostBounds = 24;

  // The upper bounds of the ranges, rising, in seconds, at most kMostBounds; the last range, above
  // all of them, is one more. `bounds` outlives this.
  explicit Histogram(std::span<const double> bounds) : bounds_(bounds) {}

  // On one thread, always the same. A negative time counts as none.
  void Observe(Duration time);

  struct Reading {
    std::vector<uint64_t> counts;  // of each range, not added up; one more than there are bounds
    double sum_seconds = 0;
  };
  // Any thread. What is observed at the same moment may be in one figure and not in another.
  Reading Read() const;
  std::span<const double> bounds() const { return bounds_; }

 private:
  const std::span<const double> bounds_;
  std::array<std::atomic<uint64_t>, kMostBounds + 1> counts_ = {};
  std::atomic<double> sum_seconds_ = 0;
};

}  // namespace amqp_sidecar::base
