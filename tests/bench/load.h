// Load: one kind of work done once over one path, and how long it took.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace amqp_sidecar::bench {

struct Load {
  std::string queue;
  std::string body;  // valid JSON
  size_t messages = 0;
  // Of a publish: sent and not yet confirmed. Of a consume: the prefetch.
  int in_flight = 1;
};

using Seconds = std::chrono::duration<double>;

// Calls `work` and says how long it took.
template <typename Work>
Seconds Timed(Work work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::steady_clock::now() - start;
}

}  // namespace amqp_sidecar::bench
