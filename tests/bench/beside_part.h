// BesidePart: what one at a time costs while another client sends all that it can: through the
// sidecar beside a stream, and directly beside a direct client on a connection of its own.
#pragma once

#include <string>

#include "bench/world.h"

namespace amqp_sidecar::bench {

struct BesideOptions {
  int rounds = 3;
  double seconds = 2;  // of each measurement
};

// A JSON array, one object a measurement.
std::string RunBesidePart(World& world, const BesideOptions& options);

}  // namespace amqp_sidecar::bench
