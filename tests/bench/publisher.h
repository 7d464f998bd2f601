// Publisher: one way from a program to the broker, and a maker by name.
#pragma once

#include <memory>
#include <string>

#include "bench/path.h"
#include "bench/progress.h"

namespace amqp_sidecar::bench {

// One thread. Connected from the start, and idle between two calls.
class Publisher {
 public:
  virtual ~Publisher() = default;
  // Throws on the first message that is not confirmed.
  virtual Tally Publish(const Work& work) = 0;
};

// `address`: the broker's amqp:// URI for kDirect, else the sidecar's gRPC target.
std::unique_ptr<Publisher> MakePublisher(Path path, const std::string& address);

}  // namespace amqp_sidecar::bench
