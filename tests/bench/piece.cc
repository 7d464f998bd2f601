#include "bench/piece.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace amqp_sidecar::bench {
namespace {

double Rank(std::vector<int64_t>& sorted, double share) {
  const double rank = std::ceil(share * static_cast<double>(sorted.size()));
  return static_cast<double>(sorted[static_cast<size_t>(std::max(rank, 1.0)) - 1]) / 1e3;
}

}  // namespace

Latency LatencyOf(std::vector<int64_t> nanoseconds) {
  if (nanoseconds.empty()) return {};
  std::sort(nanoseconds.begin(), nanoseconds.end());
  return {Rank(nanoseconds, 0.5), Rank(nanoseconds, 0.99)};
}

void AddLatency(JsonObject& object, const Latency& latency) {
  object.Number("p50_us", latency.p50).Number("p99_us", latency.p99);
}

Piece MeasurePiece(World& world, Publisher& publisher, QueueType type, const Work& work) {
  world.queues().Declare(work.queue, type);
  const CostMeter meter(world);
  Tally tally = publisher.Publish(work);
  Piece piece;
  piece.costs = meter.Of(tally.messages);
  piece.messages = tally.messages;
  piece.seconds = tally.took.count();
  piece.bytes_in_flight = tally.most_in_flight * work.body.size();
  piece.latency = LatencyOf(std::move(tally.latencies));
  world.queues().Settle(work.queue, piece.messages);
  return piece;
}

void AddPiece(JsonObject& object, const Piece& piece) {
  object.Number("messages", static_cast<double>(piece.messages)).Number("seconds", piece.seconds);
  AddLatency(object, piece.latency);
  AddCosts(object, piece.costs);
  object.Number("bytes_in_flight", static_cast<double>(piece.bytes_in_flight));
}

}  // namespace amqp_sidecar::bench
