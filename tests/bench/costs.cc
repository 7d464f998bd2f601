#include "bench/costs.h"

namespace amqp_sidecar::bench {
namespace {

using std::chrono::nanoseconds;

double MicrosecondsEach(nanoseconds time, size_t messages) {
  return static_cast<double>(time.count()) / 1e3 / static_cast<double>(messages);
}

}  // namespace

void AddCosts(JsonObject& object, const Costs& costs) {
  object.Number("client_cpu_us", costs.client_cpu).Number("daemon_cpu_us", costs.daemon_cpu);
  if (costs.broker_cpu) object.Number("broker_cpu_us", *costs.broker_cpu);
  object.Number("daemon_peak_bytes", static_cast<double>(costs.daemon_peak_bytes));
}

CostMeter::CostMeter(const World& world) : world_(world) {
  world.daemon().ForgetPeak();
  before_ = Now();
}

Costs CostMeter::Of(size_t messages) const {
  const Times after = Now();
  Costs costs;
  costs.daemon_peak_bytes = world_.daemon().PeakBytes();
  costs.client_cpu = MicrosecondsEach(after.client - before_.client, messages);
  costs.daemon_cpu = MicrosecondsEach(after.daemon - before_.daemon, messages);
  if (world_.broker() != nullptr) {
    costs.broker_cpu = MicrosecondsEach(after.broker - before_.broker, messages);
  }
  return costs;
}

CostMeter::Times CostMeter::Now() const {
  return {OwnProcessorTime(), world_.daemon().ProcessorTime(),
          world_.broker() != nullptr ? world_.broker()->ProcessorTime() : nanoseconds(0)};
}

}  // namespace amqp_sidecar::bench
