// Piece: one measured piece of publishing, with what it cost.
#pragma once

#include <cstdint>
#include <vector>

#include "bench/costs.h"
#include "bench/json.h"
#include "bench/publisher.h"
#include "bench/world.h"

namespace amqp_sidecar::bench {

// Nearest rank, in microseconds. Of none: 0.
struct Latency {
  double p50 = 0;
  double p99 = 0;
};
Latency LatencyOf(std::vector<int64_t> nanoseconds);
void AddLatency(JsonObject& object, const Latency& latency);

struct Piece {
  size_t messages = 0;
  double seconds = 0;
  Latency latency;
  Costs costs;
  size_t bytes_in_flight = 0;  // of bodies, at most
};

// Publishes to a queue of its own, and counts what is in it then. Throws unless every message was
// confirmed and is there.
Piece MeasurePiece(World& world, Publisher& publisher, QueueType type, const Work& work);

void AddPiece(JsonObject& object, const Piece& piece);

}  // namespace amqp_sidecar::bench
