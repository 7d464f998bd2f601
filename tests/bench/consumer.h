// Consumer: one way from the broker to a program, and a maker by name.
#pragma once

#include <memory>
#include <string>

#include "bench/intake.h"
#include "bench/path.h"
#include "bench/progress.h"

namespace amqp_sidecar::bench {

// One thread. Connected from the start, and idle between two calls.
class Consumer {
 public:
  virtual ~Consumer() = default;
  // Takes and acknowledges all that is in the queue. How long it took: from asking for the consumer
  // until the last acknowledgement had taken. Throws when a delivery is not as it should be; then
  // the object is of no further use.
  virtual Seconds Drain(const DrainWork& work) = 0;
};

// `address` as in MakePublisher.
std::unique_ptr<Consumer> MakeConsumer(Path path, const std::string& address);

}  // namespace amqp_sidecar::bench
