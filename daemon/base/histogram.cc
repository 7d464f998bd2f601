#include "base/histogram.h"

#include <algorithm>

namespace amqp_sidecar::base {

void Histogram::Observe(Duration time) {
  const double seconds = std::max(0.0, std::chrono::duration<double>(time).count());
  // A bound belongs to the range below it, as Prometheus' "le" says.
  const auto range =
      static_cast<size_t>(std::ranges::lower_bound(bounds_, seconds) - bounds_.begin());
  std::atomic<uint64_t>& count = counts_[range];
  count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  sum_seconds_.store(sum_seconds_.load(std::memory_order_relaxed) + seconds,
                     std::memory_order_relaxed);
}

Histogram::Reading Histogram::Read() const {
  Reading reading;
  for (size_t range = 0; range <= bounds_.size(); ++range) {
    reading.counts.push_back(counts_[range].load(std::memory_order_relaxed));
  }
  reading.sum_seconds = sum_seconds_.load(std::memory_order_relaxed);
  return reading;
}

}  // namespace amqp_sidecar::base
