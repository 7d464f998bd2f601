// Counters: what the broker layer did since the start. Written where it happens, read by any
// thread. Each figure is exact; figures that are read one after the other may be of two moments.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/histogram.h"
#include "broker/reason.h"

namespace amqp_sidecar::broker {

using Count = std::atomic<uint64_t>;

// What became of deliveries. Written by the io thread.
struct DeliveryCounts {
  Count delivered = 0;
  Count redelivered = 0;
  Count acked = 0;
  Count nacked = 0;
  Count rejected = 0;
  Count deadline_expired = 0;
  Count retried = 0;        // moved to a wait queue
  Count dead_lettered = 0;  // moved by the sidecar
  Count invalid = 0;        // found at fault, whatever became of them
};

// What became of publishes: each is counted once. Not those that the sidecar makes by itself, to
// move a message. Written by any thread.
struct PublishCounts {
  Count confirmed = 0;
  Count unrouted = 0;  // confirmed, in no queue, and that was allowed
  std::array<Count, static_cast<size_t>(kLastReason) + 1> failed = {};

  Count& of(Reason reason) { return failed[static_cast<size_t>(reason)]; }
  uint64_t of(Reason reason) const {
    return failed[static_cast<size_t>(reason)].load(std::memory_order_relaxed);
  }
};

struct Counters {
  static constexpr std::array<double, 15> kPublishBounds = {
      0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
  static constexpr std::array<double, 12> kSettleBounds = {0.001, 0.005, 0.025, 0.1, 0.5,  1,
                                                           5,     30,    120,   600, 1800, 7200};

  PublishCounts publishes;
  // Of all subscriptions, those that ended included.
  DeliveryCounts deliveries;
  std::array<Count, static_cast<size_t>(kLastSettleReason) + 1> settle_failures = {};

  // Observed by the io thread. The first two also of what the sidecar publishes to move a message.
  base::Histogram queue_time{kPublishBounds};    // taken on by the io thread until handed over
  base::Histogram confirm_time{kPublishBounds};  // handed to the connection until confirmed
  base::Histogram settle_time{kSettleBounds};    // delivered until its consumer settled it
};

}  // namespace amqp_sidecar::broker
