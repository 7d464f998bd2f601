// OutboundQueue: what a subscription has still to tell its client, in order. The io thread puts in,
// the call's thread takes out. Bounded: the broker layer keeps to the prefetch, and what a loss of
// the link makes worthless is dropped here. Knows no gRPC.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/mutex.h"
#include "broker/types.h"

namespace amqp_sidecar::rpc {

struct OutboundEvent {
  broker::SubscriptionEvent kind;
  std::string detail;
};

// A subscription's last word: why, or nothing where it came to the end that was asked for.
struct OutboundEnd {
  std::optional<broker::Error> why;
};

class OutboundQueue {
 public:
  struct Limits {
    size_t deliveries = 64;
    size_t bytes = 256u << 10;  // of bodies; one delivery may be over it
  };

  // One of these at most. All empty: nothing is there, and the next Push returns true.
  struct Batch {
    std::vector<broker::Delivery> deliveries;
    std::optional<OutboundEvent> event;
    std::optional<OutboundEnd> end;

    bool empty() const { return deliveries.empty() && !event && !end; }
  };

  // Each returns whether the taker has found the queue empty and is to be told; once.
  [[nodiscard]] bool PushDeliveries(std::vector<broker::Delivery> deliveries)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // kInterrupted drops the deliveries that are here: they are stale. So is a kResubscribed after a
  // kInterrupted that the client has not heard yet.
  [[nodiscard]] bool PushEvent(OutboundEvent event) ABSL_LOCKS_EXCLUDED(mutex_);
  // The last. Drops the deliveries that are here.
  [[nodiscard]] bool PushEnd(OutboundEnd end) ABSL_LOCKS_EXCLUDED(mutex_);

  // Drops the deliveries whose messages are withdrawn.
  void DropWithdrawn() ABSL_LOCKS_EXCLUDED(mutex_);

  Batch Take(const Limits& limits) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  using Item = std::variant<broker::Delivery, OutboundEvent, OutboundEnd>;

  [[nodiscard]] bool Push(Item item) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  [[nodiscard]] bool TakerIsToBeTold() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DropDeliveries() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // True where a kInterrupted is here already and says it all.
  bool MergeInterruption(const OutboundEvent& event) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  base::Mutex mutex_;
  std::deque<Item> items_ ABSL_GUARDED_BY(mutex_);
  bool taker_waits_ ABSL_GUARDED_BY(mutex_) = true;
};

}  // namespace amqp_sidecar::rpc
