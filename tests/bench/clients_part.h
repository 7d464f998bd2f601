// ClientsPart: many processes beside one sidecar, each publishing one message at a time.
#pragma once

#include <string>

#include "bench/world.h"

namespace amqp_sidecar::bench {

struct ClientsOptions {
  size_t clients = 200;
  double seconds = 10;
};

// A JSON object.
std::string RunClientsPart(World& world, const ClientsOptions& options);

}  // namespace amqp_sidecar::bench
