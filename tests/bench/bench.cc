// bench: what the sidecar costs, beside rabbitmq-c's stock calls in the same run. Writes
// the raw figures as JSON; report.py makes of them what a person reads.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "bench/beside_part.h"
#include "bench/client_process.h"
#include "bench/clients_part.h"
#include "bench/consume_part.h"
#include "bench/idle_part.h"
#include "bench/json.h"
#include "bench/latency_part.h"
#include "bench/metrics_part.h"
#include "bench/pairs_part.h"
#include "bench/rounds.h"
#include "bench/schema_part.h"
#include "bench/world.h"

namespace amqp_sidecar::bench {
namespace {

const std::vector<std::string> kParts = {"pairs",   "consume", "latency", "idle",
                                         "clients", "beside",  "schema",  "metrics"};

struct Options {
  std::vector<std::string> parts = kParts;
  std::string json;
  int idle_calls = 200;
  size_t latency_messages = 500;
  RoundOptions rounds;
  ClientsOptions clients;
  BesideOptions beside;
  MetricsOptions metrics;

  bool Has(const std::string& part) const {
    return std::find(parts.begin(), parts.end(), part) != parts.end();
  }
};

void AddOptions(CLI::App& app, Options& options) {
  app.add_option("--json", options.json, "Where the figures go; standard output by default");
  app.add_option("--parts", options.parts, "Which parts to run")
      ->delimiter(',')
      ->check(CLI::IsMember(kParts))
      ->capture_default_str();
  app.add_option(
         "--rounds", options.rounds.rounds,
         "pairs, consume, latency, schema, metrics: rounds that count, after one that warms up")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--piece-seconds", options.rounds.piece_seconds,
                 "pairs, consume, schema, metrics: how long a direct piece (one of the first side) "
                 "is to take")
      ->check(CLI::Range(0.01, 60.0))
      ->capture_default_str();
  app.add_option("--queues", options.rounds.queues,
                 "pairs, consume, latency: only these (classic, quorum)")
      ->delimiter(',');
  app.add_option("--bodies", options.rounds.bodies,
                 "pairs, consume: only these bytes (256, 1024; pairs: 65536)")
      ->delimiter(',');
  app.add_option(
         "--windows", options.rounds.windows,
         "pairs: only these (1, 16 and 64 by unary calls; 1000, or 100 of the largest body, "
         "by stream), schema and metrics (1 and 64 by unary calls, 1000 by stream)")
      ->delimiter(',');
  app.add_option("--latency-messages", options.latency_messages,
                 "latency: messages of each path in a round")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  app.add_option("--idle-calls", options.idle_calls, "idle: calls of each path, one in two seconds")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  app.add_option("--clients", options.clients.clients, "clients: how many processes")
      ->check(CLI::Range(1, 2000))
      ->capture_default_str();
  app.add_option("--client-seconds", options.clients.seconds, "clients: for how long")
      ->check(CLI::Range(0.1, 600.0))
      ->capture_default_str();
  app.add_option("--subscriptions", options.metrics.subscriptions,
                 "metrics: that the sidecar which is watched has")
      ->check(CLI::Range(0, 900))
      ->capture_default_str();
  app.add_option("--other-daemon", options.metrics.other_daemon,
                 "metrics: another build of the daemon to compare with");
  app.add_option("--beside-rounds", options.beside.rounds, "beside: rounds")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--beside-seconds", options.beside.seconds, "beside: seconds a measurement")
      ->check(CLI::Range(0.1, 600.0))
      ->capture_default_str();
}

std::string ProcessorName() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

std::string Run(const Options& options) {
  World world;
  JsonObject machine;
  machine.Number("cores", std::thread::hardware_concurrency()).Text("processor", ProcessorName());
  machine.Text("rabbitmq", world.queues().BrokerVersion()).Text("grpc", grpc::Version());
  machine.Text("daemon", world.daemon_digest());
  JsonObject figures;
  figures.Json("machine", machine.str());
  figures.Number("daemon_idle_bytes", static_cast<double>(world.idle_bytes()));
  if (options.Has("pairs")) figures.Json("pairs", PairsPart(world, options.rounds).Run());
  if (options.Has("consume")) figures.Json("consume", ConsumePart(world, options.rounds).Run());
  if (options.Has("latency")) {
    figures.Json("latency", RunLatencyPart(world, options.rounds, options.latency_messages));
  }
  if (options.Has("beside")) figures.Json("beside", RunBesidePart(world, options.beside));
  if (options.Has("schema")) figures.Json("schema", RunSchemaPart(world, options.rounds));
  if (options.Has("metrics")) {
    figures.Json("metrics", RunMetricsPart(world, options.rounds, options.metrics));
  }
  if (options.Has("clients")) figures.Json("clients", RunClientsPart(world, options.clients));
  if (options.Has("idle")) figures.Json("idle", RunIdlePart(world, options.idle_calls));
  return figures.str() + "\n";
}

void Write(const std::string& figures, const std::string& file) {
  if (file.empty()) {
    std::cout << figures;
    return;
  }
  std::ofstream out(file);
  out << figures;
  out.close();
  if (!out) throw std::runtime_error("cannot write " + file);
}

}  // namespace
}  // namespace amqp_sidecar::bench

int main(int argc, char** argv) {
  using amqp_sidecar::bench::kClientVerb;
  if (argc > 1 && argv[1] == std::string(kClientVerb)) {
    return amqp_sidecar::bench::ClientMain(argc, argv);
  }
  amqp_sidecar::bench::Options options;
  CLI::App app(
      "What the sidecar costs, against rabbitmq-c's stock calls in the same run.\n"
      "Uses the broker of AMQP_URI, else a private node of its own.");
  amqp_sidecar::bench::AddOptions(app, options);
  CLI11_PARSE(app, argc, argv);
  try {
    amqp_sidecar::bench::Write(amqp_sidecar::bench::Run(options), options.json);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench: %s\n", error.what());
    return 1;
  }
  return 0;
}
