// Sampler: what a sidecar's process uses, looked at all the time. One thread of its own. The
// process outlives it.
#pragma once

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "support/sidecar_process.h"

namespace amqp_sidecar::test {

struct Usage {
  size_t resident_bytes = 0;
  size_t descriptors = 0;
  size_t threads = 0;
};

class Sampler {
 public:
  Sampler(const SidecarProcess& sidecar, std::chrono::milliseconds every);
  ~Sampler();
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;

  // The highest of each so far.
  Usage Peak() const;
  // The medians of the samples from `from` to `to`, as parts of their number: 0 to 1.
  Usage Median(double from, double to) const;
  size_t size() const;

 private:
  const SidecarProcess& sidecar_;
  std::atomic<bool> stop_ = false;
  mutable std::mutex mutex_;
  std::vector<Usage> samples_;
  std::thread thread_;
};

}  // namespace amqp_sidecar::test
