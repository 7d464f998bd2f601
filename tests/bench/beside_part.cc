#include "bench/beside_part.h"

#include <cstdio>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "bench/client_process.h"
#include "bench/json.h"
#include "bench/pairs_part.h"
#include "bench/piece.h"

namespace amqp_sidecar::bench {
namespace {

enum class Load { kNone, kOtherQueue, kSameQueue };

constexpr char kQueue[] = "sidecar-bench";
constexpr char kOtherQueue[] = "sidecar-bench-other";
// The loading client runs before and after what is measured.
constexpr std::chrono::milliseconds kMargin{500};

std::string NameOf(Load load) {
  switch (load) {
    case Load::kNone:
      return "nothing";
    case Load::kOtherQueue:
      return "another queue";
    case Load::kSameQueue:
      return "the same queue";
  }
  return "";
}

// Of the sidecar it asks for more than may be in flight, so that the sidecar holds it back.
// Directly nobody would: what is the sidecar's own bound.
ClientTask LoadFor(const World& world, Path path, Load load, double seconds) {
  ClientTask task;
  task.path = path == Path::kDirect ? Path::kDirect : Path::kStream;
  task.address = world.AddressOf(task.path);
  task.queue = load == Load::kSameQueue ? kQueue : kOtherQueue;
  task.window = path == Path::kDirect ? 10000 : 100000;
  task.seconds = seconds + 2 * Seconds(kMargin).count();
  return task;
}

// One at a time over `path`, beside `load`.
std::string Measure(World& world, Path path, Load load, double seconds) {
  for (const char* queue : {kQueue, kOtherQueue}) {
    world.queues().Declare(queue, QueueType::kClassic);
  }
  StartGate gate;
  std::optional<ClientProcess> other;
  if (load != Load::kNone) other.emplace(LoadFor(world, path, load, seconds), gate);
  const auto publisher = MakePublisher(path, world.AddressOf(path));
  if (other) other->WaitReady();
  gate.Open();
  std::this_thread::sleep_for(kMargin);
  Work work;
  work.queue = kQueue;
  work.body = BodyOf(256);
  work.lasts = std::chrono::duration_cast<Clock::duration>(Seconds(seconds));
  Tally tally = publisher->Publish(work);
  size_t loaded = 0;
  JsonObject object;
  object.Text("path", bench::NameOf(path)).Text("beside", NameOf(load));
  if (other) {
    const ClientProcess::Result result = other->Finish();
    if (!result.failure.empty()) throw std::runtime_error("beside: " + result.failure);
    loaded = result.latencies.size();
    object.Number("load_rate", static_cast<double>(loaded) / result.seconds);
  }
  object.Number("calls", static_cast<double>(tally.messages));
  const bool same = load == Load::kSameQueue;
  world.queues().Settle(kQueue, tally.messages + (same ? loaded : 0));
  world.queues().Settle(kOtherQueue, same ? 0 : loaded);
  AddLatency(object, LatencyOf(std::move(tally.latencies)));
  return object.str();
}

}  // namespace

std::string RunBesidePart(World& world, const BesideOptions& options) {
  std::vector<std::string> measurements;
  for (int round = 1; round <= options.rounds; ++round) {
    std::fprintf(stderr, "beside: round %d of %d\n", round, options.rounds);
    for (const Load load : {Load::kNone, Load::kOtherQueue, Load::kSameQueue}) {
      for (const Path path : {Path::kDirect, Path::kUnary}) {
        measurements.push_back(Measure(world, path, load, options.seconds));
      }
    }
  }
  return JsonArray(measurements);
}

}  // namespace amqp_sidecar::bench
