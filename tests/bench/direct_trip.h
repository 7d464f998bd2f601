// DirectTrip: there on one connection of rabbitmq-c's, back on another.
#pragma once

#include <string>
#include <vector>

#include "bench/direct_feed.h"
#include "bench/direct_publisher.h"
#include "bench/trip.h"

namespace amqp_sidecar::bench {

class DirectTrip : public Trip {
 public:
  explicit DirectTrip(const std::string& uri) : publisher_(uri), feed_(uri) {}

  std::vector<int64_t> Run(const std::string& queue, const std::string& body,
                           size_t messages) override;

 private:
  DirectPublisher publisher_;
  DirectFeed feed_;
};

}  // namespace amqp_sidecar::bench
