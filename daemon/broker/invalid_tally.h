// InvalidTally: how many deliveries of one subscription were found at fault, and what the log is
// told of it: not every one. io thread. Settles nothing.
#pragma once

#include <string>

#include "base/reactor.h"
#include "base/repeat_limit.h"
#include "broker/types.h"

namespace amqp_sidecar::broker {

class InvalidTally {
 public:
  // A queue of bad bodies is told of so often at most.
  static constexpr base::Duration kTellEvery = std::chrono::seconds(1);

  // `reactor` and `status` are not owned and outlive this; the queue of `status` is set.
  InvalidTally(base::Reactor& reactor, SubscriptionId subscription, SubscriptionStatus& status)
      : reactor_(reactor), subscription_(subscription), status_(status) {}
  // Tells of what was held back.
  ~InvalidTally();

  void Add(const InvalidDelivery& delivery);

 private:
  void TellLater();
  void Tell(uint64_t count) const;

  base::Reactor& reactor_;
  const SubscriptionId subscription_;
  SubscriptionStatus& status_;
  base::RepeatLimit limit_{kTellEvery};
  InvalidDelivery last_;
  base::TimerId timer_ = 0;
};

// What a log may have of the reason: what it is about, a JSON Pointer or "the body ...", and not
// what is there. Cut where it is long.
std::string PlaceOfFault(const std::string& reason);

}  // namespace amqp_sidecar::broker
