// Trip: a message from this process to the broker and back to it, one way of it, and a maker by
// name.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/path.h"

namespace amqp_sidecar::bench {

// One thread. Connected from the start, and idle between two calls.
class Trip {
 public:
  virtual ~Trip() = default;
  // One message after the other; each is confirmed and acknowledged before the next. Of each, in
  // order: the nanoseconds from handing it to the library until its delivery had been read. The
  // queue is empty before and after. Throws when a delivery is not as it should be; then the object
  // is of no further use.
  virtual std::vector<int64_t> Run(const std::string& queue, const std::string& body,
                                   size_t messages) = 0;
};

// For kDirect and kStream: there, a Publish call and a delivery of SubscribeStream. `address` as in
// MakePublisher.
std::unique_ptr<Trip> MakeTrip(Path path, const std::string& address);

}  // namespace amqp_sidecar::bench
