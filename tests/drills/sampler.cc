#include "drills/sampler.h"

#include <algorithm>

namespace amqp_sidecar::test {
namespace {

size_t MedianOf(std::vector<size_t> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

Sampler::Sampler(const SidecarProcess& sidecar, std::chrono::milliseconds every)
    : sidecar_(sidecar), thread_([this, every] {
        while (!stop_) {
          const Usage usage{sidecar_.ResidentBytes(), sidecar_.Descriptors(), sidecar_.Threads()};
          {
            const std::lock_guard lock(mutex_);
            samples_.push_back(usage);
          }
          std::this_thread::sleep_for(every);
        }
      }) {}

Sampler::~Sampler() {
  stop_ = true;
  thread_.join();
}

Usage Sampler::Peak() const {
  const std::lock_guard lock(mutex_);
  Usage peak;
  for (const Usage& usage : samples_) {
    peak.resident_bytes = std::max(peak.resident_bytes, usage.resident_bytes);
    peak.descriptors = std::max(peak.descriptors, usage.descriptors);
    peak.threads = std::max(peak.threads, usage.threads);
  }
  return peak;
}

Usage Sampler::Median(double from, double to) const {
  const std::lock_guard lock(mutex_);
  const auto count = static_cast<double>(samples_.size());
  std::vector<size_t> bytes;
  std::vector<size_t> descriptors;
  std::vector<size_t> threads;
  for (auto i = static_cast<size_t>(from * count); i < static_cast<size_t>(to * count); ++i) {
    bytes.push_back(samples_[i].resident_bytes);
    descriptors.push_back(samples_[i].descriptors);
    threads.push_back(samples_[i].threads);
  }
  return {MedianOf(bytes), MedianOf(descriptors), MedianOf(threads)};
}

size_t Sampler::size() const {
  const std::lock_guard lock(mutex_);
  return samples_.size();
}

}  // namespace amqp_sidecar::test
