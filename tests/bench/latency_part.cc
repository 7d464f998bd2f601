#include "bench/latency_part.h"

#include <cstdio>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "bench/json.h"
#include "bench/pairs_part.h"
#include "bench/piece.h"
#include "bench/trip.h"

namespace amqp_sidecar::bench {
namespace {

constexpr char kQueue[] = "sidecar-bench-latency";
constexpr size_t kBodyBytes = 256;

Latency Measure(World& world, Trip& trip, QueueType type, size_t messages) {
  world.queues().Declare(kQueue, type);
  // The first opens what is opened once, and does not count.
  std::vector<int64_t> latencies = trip.Run(kQueue, BodyOf(kBodyBytes), messages + 1);
  latencies.erase(latencies.begin());
  world.queues().SettleDrained(kQueue);
  return LatencyOf(std::move(latencies));
}

}  // namespace

std::string RunLatencyPart(World& world, const RoundOptions& options, size_t messages) {
  std::map<Path, std::unique_ptr<Trip>> trips;
  for (const Path path : {Path::kDirect, Path::kStream}) {
    trips[path] = MakeTrip(path, world.AddressOf(path));
  }
  std::vector<std::string> measurements;
  for (int round = 0; round <= options.rounds; ++round) {
    std::fprintf(stderr, "latency: round %d of %d\n", round, options.rounds);
    for (const QueueType type : {QueueType::kClassic, QueueType::kQuorum}) {
      if (!IsWanted(options.queues, NameOf(type))) continue;
      const bool direct_first = round % 2 == 0;
      for (const bool direct : {direct_first, !direct_first}) {
        const Path path = direct ? Path::kDirect : Path::kStream;
        const Latency latency = Measure(world, *trips[path], type, messages);
        if (round == 0) continue;  // it warms up
        JsonObject object;
        object.Number("round", round).Text("queue", NameOf(type));
        object.Number("body_bytes", kBodyBytes).Text("path", NameOf(path));
        object.Number("messages", static_cast<double>(messages));
        AddLatency(object, latency);
        measurements.push_back(object.str());
      }
    }
  }
  return JsonArray(measurements);
}

}  // namespace amqp_sidecar::bench
