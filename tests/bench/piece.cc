#include "bench/piece.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace amqp_sidecar::bench {
namespace {

using std::chrono::nanoseconds;

double Rank(std::vector<int64_t>& sorted, double share) {
  const double rank = std::ceil(share * static_cast<double>(sorted.size()));
  return static_cast<double>(sorted[static_cast<size_t>(std::max(rank, 1.0)) - 1]) / 1e3;
}

double MicrosecondsEach(nanoseconds time, size_t messages) {
  return static_cast<double>(time.count()) / 1e3 / static_cast<double>(messages);
}

// Processor time of everybody at one moment.
struct Times {
  nanoseconds client;
  nanoseconds daemon;
  nanoseconds broker;
};

Times Now(const World& world) {
  return {OwnProcessorTime(), world.daemon().ProcessorTime(),
          world.broker() != nullptr ? world.broker()->ProcessorTime() : nanoseconds(0)};
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
  world.daemon().ForgetPeak();
  const Times before = Now(world);
  Tally tally = publisher.Publish(work);
  const Times after = Now(world);
  Piece piece;
  piece.daemon_peak_bytes = world.daemon().PeakBytes();
  piece.messages = tally.messages;
  piece.seconds = tally.took.count();
  piece.client_cpu = MicrosecondsEach(after.client - before.client, tally.messages);
  piece.daemon_cpu = MicrosecondsEach(after.daemon - before.daemon, tally.messages);
  if (world.broker() != nullptr) {
    piece.broker_cpu = MicrosecondsEach(after.broker - before.broker, tally.messages);
  }
  piece.bytes_in_flight = tally.most_in_flight * work.body.size();
  piece.latency = LatencyOf(std::move(tally.latencies));
  world.queues().Settle(work.queue, piece.messages);
  return piece;
}

void AddPiece(JsonObject& object, const Piece& piece) {
  object.Number("messages", static_cast<double>(piece.messages)).Number("seconds", piece.seconds);
  AddLatency(object, piece.latency);
  object.Number("client_cpu_us", piece.client_cpu).Number("daemon_cpu_us", piece.daemon_cpu);
  if (piece.broker_cpu) object.Number("broker_cpu_us", *piece.broker_cpu);
  object.Number("bytes_in_flight", static_cast<double>(piece.bytes_in_flight))
      .Number("daemon_peak_bytes", static_cast<double>(piece.daemon_peak_bytes));
}

}  // namespace amqp_sidecar::bench
