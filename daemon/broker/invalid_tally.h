// InvalidTally: how many deliveries of one subscription were found at fault, and what the log is
// told of it: not every one. io thread. Settles nothing.
#pragma once

#include <string>

#include "base/clock.h"
#include "broker/types.h"

namespace amqp_sidecar::broker {

class InvalidTally {
 public:
  // A queue of bad bodies is told of so often at most.
  static constexpr base::Duration kTellEvery = std::chrono::seconds(1);

  // `status` is not owned and outlives this; its queue is set.
  InvalidTally(SubscriptionId subscription, SubscriptionStatus& status)
      : subscription_(subscription), status_(status) {}

  void Add(const InvalidDelivery& delivery, base::TimePoint now);

 private:
  const SubscriptionId subscription_;
  SubscriptionStatus& status_;
  base::TimePoint tell_from_ = base::TimePoint::min();
  uint64_t untold_ = 0;
};

// What a log may have of the reason: what it is about, a JSON Pointer or "the body ...", and not
// what is there. Cut where it is long.
std::string PlaceOfFault(const std::string& reason);

}  // namespace amqp_sidecar::broker
