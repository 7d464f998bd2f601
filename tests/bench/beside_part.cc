#include "bench/beside_part.h"

#include <cstdio>
#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

#include "bench/client_process.h"
#include "bench/json.h"
#include "bench/pairs_part.h"
#include "bench/piece.h"
#include "support/eventually.h"

namespace amqp_sidecar::bench {
namespace {

enum class Load { kNone, kOtherQueue, kSameQueue };

constexpr char kQueue[] = "sidecar-bench";
constexpr char kOtherQueue[] = "sidecar-bench-other";
constexpr size_t kDirectWindow = 10000;
// So much longer than what is measured beside it the loading client sends.
constexpr std::chrono::seconds kMargin{5};

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
  task.window = path == Path::kDirect ? kDirectWindow : 10 * kDirectWindow;
  task.seconds = seconds + Seconds(kMargin).count();
  return task;
}

// Until a whole window has been confirmed: before, the broker's backlog is still growing, and the
// quick calls of that moment would be most of all.
void WaitForLoad(World& world, const std::string& queue) {
  if (!test::Eventually(std::chrono::seconds(10),
                        [&] { return world.queues().Count(queue) >= kDirectWindow; })) {
    throw std::runtime_error("beside: the load does not come");
  }
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
  if (other) WaitForLoad(world, load == Load::kSameQueue ? kQueue : kOtherQueue);
  Work work;
  work.queue = kQueue;
  work.body = BodyOf(256);
  work.lasts = std::chrono::duration_cast<Clock::duration>(Seconds(seconds));
  Tally tally = publisher->Publish(work);
  const auto measured_to = Clock::now();
  size_t loaded = 0;
  JsonObject object;
  object.Text("path", bench::NameOf(path)).Text("beside", NameOf(load));
  if (other) {
    const ClientProcess::Result result = other->Finish();
    if (!result.failure.empty()) throw std::runtime_error("beside: " + result.failure);
    const auto loaded_to =
        result.began + std::chrono::duration_cast<Clock::duration>(Seconds(seconds) + kMargin);
    if (loaded_to < measured_to) throw std::runtime_error("beside: the load was over too soon");
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
