#include "bench/clients_part.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <thread>
#include <vector>

#include "bench/client_process.h"
#include "bench/json.h"
#include "bench/piece.h"

namespace amqp_sidecar::bench {
namespace {

// The most connections to the broker that the daemon has while the clients publish.
size_t WatchConnections(const World& world, double seconds) {
  size_t most = 0;
  const auto end = Clock::now() + Seconds(seconds);
  do {
    most = std::max(most, world.daemon().ConnectionsTo(PortOf(world.uri())));
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  } while (Clock::now() < end);
  return most;
}

// Of all clients together.
struct Sum {
  std::vector<int64_t> latencies;
  size_t slowest = SIZE_MAX;
  size_t fastest = 0;
  size_t refused = 0;  // clients that had an answer other than OK
  double seconds = 0;

  void Add(const ClientProcess::Result& result) {
    if (!result.failure.empty()) {
      std::fprintf(stderr, "clients: %s", result.failure.c_str());
      ++refused;
      return;
    }
    latencies.insert(latencies.end(), result.latencies.begin(), result.latencies.end());
    slowest = std::min(slowest, result.latencies.size());
    fastest = std::max(fastest, result.latencies.size());
    seconds = std::max(seconds, result.seconds);
  }
};

}  // namespace

std::string RunClientsPart(World& world, const ClientsOptions& options) {
  std::fprintf(stderr, "clients: %zu for %.0f s\n", options.clients, options.seconds);
  ClientTask task;
  task.address = world.AddressOf(task.path);
  task.queue = "sidecar-bench-clients";
  task.seconds = options.seconds;
  world.queues().Declare(task.queue, QueueType::kClassic);
  StartGate gate;
  std::vector<std::unique_ptr<ClientProcess>> clients;
  for (size_t i = 0; i < options.clients; ++i) {
    clients.push_back(std::make_unique<ClientProcess>(task, gate));
  }
  for (const auto& client : clients) client->WaitReady();
  world.daemon().ForgetPeak();
  gate.Open();
  const size_t connections = WatchConnections(world, options.seconds);
  Sum sum;
  for (const auto& client : clients) sum.Add(client->Finish());
  const size_t messages = sum.latencies.size();
  if (sum.refused == 0) world.queues().Settle(task.queue, messages);
  JsonObject object;
  object.Number("clients", static_cast<double>(options.clients));
  object.Number("messages", static_cast<double>(messages)).Number("seconds", sum.seconds);
  object.Number("slowest", static_cast<double>(sum.refused == options.clients ? 0 : sum.slowest));
  object.Number("fastest", static_cast<double>(sum.fastest));
  object.Number("refused", static_cast<double>(sum.refused));
  object.Number("connections", static_cast<double>(connections));
  object.Number("daemon_peak_bytes", static_cast<double>(world.daemon().PeakBytes()));
  AddLatency(object, LatencyOf(std::move(sum.latencies)));
  return object.str();
}

}  // namespace amqp_sidecar::bench
