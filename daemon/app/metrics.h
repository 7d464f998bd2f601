// Metrics: what the sidecar knows of itself, as Prometheus reads it: every name, its labels and
// what it means stand in metrics.cc. Any thread; waits for none.
#pragma once

#include <string>

#include "base/clock.h"
#include "broker/broker.h"

namespace amqp_sidecar::app {

// What else there is to tell, beside the broker layer.
struct ProcessFigures {
  base::Duration stalled{};      // see base::EventLoop::Stalled()
  size_t posted_tasks = 0;       // that wait for the io thread
  size_t dropped_log_lines = 0;  // since the start
  base::WallTime started_at;
};

inline constexpr char kMetricsContentType[] = "text/plain; version=0.0.4; charset=utf-8";

// Prometheus' text format.
std::string MetricsOf(const broker::Broker& broker, const ProcessFigures& process);

}  // namespace amqp_sidecar::app
