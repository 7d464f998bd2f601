// Costs: what a piece of work cost the client (this process), the daemon and the broker.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "bench/json.h"
#include "bench/world.h"

namespace amqp_sidecar::bench {

struct Costs {
  double client_cpu = 0;  // microseconds a message, as all three
  double daemon_cpu = 0;
  std::optional<double> broker_cpu;  // where the broker is our own
  size_t daemon_peak_bytes = 0;
};

void AddCosts(JsonObject& object, const Costs& costs);

// From its construction on. The daemon's peak counts from there, too.
class CostMeter {
 public:
  explicit CostMeter(const World& world);

  Costs Of(size_t messages) const;

 private:
  // Processor time of everybody at one moment.
  struct Times {
    std::chrono::nanoseconds client;
    std::chrono::nanoseconds daemon;
    std::chrono::nanoseconds broker;
  };
  Times Now() const;

  const World& world_;
  Times before_;
};

}  // namespace amqp_sidecar::bench
