#include "bench/idle_part.h"

#include <cstdio>
#include <map>
#include <thread>
#include <vector>

#include "bench/json.h"
#include "bench/pairs_part.h"
#include "bench/piece.h"

namespace amqp_sidecar::bench {
namespace {

constexpr std::chrono::seconds kSilence{2};

}  // namespace

std::string RunIdlePart(World& world, int calls) {
  std::fprintf(stderr, "idle: %d calls of each path, %d s\n", calls, 2 * calls);
  Work work;
  work.queue = "sidecar-bench-idle";
  work.body = BodyOf(256);
  work.messages = 1;
  world.queues().Declare(work.queue, QueueType::kClassic);
  constexpr Path kPaths[] = {Path::kDirect, Path::kUnary};
  std::map<Path, std::unique_ptr<Publisher>> publishers;
  for (const Path path : kPaths) publishers[path] = MakePublisher(path, world.AddressOf(path));
  std::map<Path, std::vector<int64_t>> latencies;
  // The first of each opens what is opened once, and does not count.
  for (const Path path : kPaths) publishers[path]->Publish(work);
  auto next = Clock::now() + kSilence / 2;
  for (int i = 0; i < calls; ++i) {
    for (const Path path : kPaths) {
      next += kSilence / 2;
      std::this_thread::sleep_until(next);
      latencies[path].push_back(publishers[path]->Publish(work).latencies.front());
    }
  }
  world.queues().Settle(work.queue, 2 * static_cast<size_t>(calls) + 2);
  JsonObject object;
  object.Number("calls", calls);
  for (const Path path : kPaths) {
    JsonObject figures;
    AddLatency(figures, LatencyOf(latencies[path]));
    object.Json(NameOf(path), figures.str());
  }
  return object.str();
}

}  // namespace amqp_sidecar::bench
