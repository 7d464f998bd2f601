// A simulated run: the broker layer, its door and the AMQP core as they are shipped, between
// callers, a network and a broker that a seed makes up. One thread, no I/O; the same seed gives the
// same run.
#pragma once

#include <cstdint>
#include <string>

namespace amqp_sidecar::simulation {

struct Result {
  std::string failure;  // empty: nothing is wrong
  uint64_t trace_hash = 0;
  uint64_t events = 0;
  uint64_t publishes = 0;
};

// `print`: what happens goes to standard output, a line each.
Result Run(uint64_t seed, bool print);

// Turns the daemon's own log off, or on (to standard error).
void SetLog(bool on);

}  // namespace amqp_sidecar::simulation
