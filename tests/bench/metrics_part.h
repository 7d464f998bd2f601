// MetricsPart: what it costs to be watched: the same orders to a sidecar with many subscriptions,
// with and without somebody who asks it for /metrics once a second, in alternating order; and
// how long it takes to answer.
#pragma once

#include <string>

#include "bench/rounds.h"
#include "bench/world.h"

namespace amqp_sidecar::bench {

struct MetricsOptions {
  size_t subscriptions = 500;  // to a queue of its own each
  // Another build of the daemon to compare with, not asked; empty: none.
  std::string other_daemon;
};

// A JSON object: `publish`, an array of pieces as RunSidesPart() has them, by `watched` (no, yes,
// other); `scrape_ms`, how long each answer took; `scrape_bytes`, the length of the last.
std::string RunMetricsPart(World& world, const RoundOptions& options,
                           const MetricsOptions& metrics);

}  // namespace amqp_sidecar::bench
