#include "plan.h"

#include <algorithm>

namespace amqp_sidecar::simulation {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

broker::Queue NamedQueue(const std::string& name, bool durable, int64_t max_length) {
  broker::Queue queue;
  queue.name = name;
  queue.durable = durable;
  if (max_length >= 0) {
    queue.arguments["x-max-length"] = {max_length};
    queue.arguments["x-overflow"] = {std::string("reject-publish")};
  }
  return queue;
}

// q2 fills up, q3 does not outlive a restart; nothing happens to probe.
broker::Topology MakeTopology() {
  broker::Topology topology;
  topology.exchanges = {
      {"direct1", "direct"}, {"topic1", "topic"}, {"fan1", "fanout"}, {"all", "fanout"}};
  topology.exchanges.push_back({"forbidden", "fanout"});
  topology.queues = {NamedQueue("q0", true, -1), NamedQueue("q1", true, -1),
                     NamedQueue("q2", true, 4), NamedQueue("q3", false, -1),
                     NamedQueue("probe", true, -1)};
  topology.bindings = {{"q0", "direct1", "k0", {}}, {"q1", "direct1", "k1", {}},
                       {"q1", "topic1", "a.*", {}}, {"q2", "topic1", "a.#", {}},
                       {"q0", "fan1", "", {}},      {"q2", "fan1", "", {}},
                       {"q3", "fan1", "", {}},      {"probe", "all", "", {}}};
  return topology;
}

void PlanFaults(Plan& plan, Random& random) {
  if (random.Chance(0.12)) return;
  plan.faults = random.Between(1, 16);
  const double share = random.Chance(0.3) ? 1.0 : 0.35;
  for (bool& kind : plan.fault_kinds) kind = random.Chance(share);
  plan.fault_kinds[random.Below(kFaultKinds)] = true;
}

void PlanPipe(Plan& plan, Random& random) {
  static constexpr microseconds kLatencies[] = {microseconds(100), microseconds(2'000),
                                                microseconds(40'000)};
  plan.pipe.max_latency = kLatencies[random.Below(3)];
  static constexpr size_t kBuffers[] = {300, 3'000, 64u << 10, 64u << 10};
  plan.pipe.buffer = kBuffers[random.Below(4)];
  // 400 KB a second at least, so that what is published is through in time.
  if (plan.pipe.max_latency > milliseconds(10))
    plan.pipe.buffer = std::max(plan.pipe.buffer, size_t{16'000});
  plan.pipe.tear = random.Chance(0.3) ? 0.5 : 0.05;
}

void PlanSidecar(Plan& plan, Random& random) {
  broker::Broker::Config& config = plan.config;
  for (size_t i = random.Between(1, 3); i > 0; --i) {
    amqp::Endpoint& endpoint = config.link.endpoints.emplace_back();
    endpoint.host = "broker" + std::to_string(i);
    endpoint.password = "guest";
  }
  config.link.connect_timeout = seconds(1);
  config.link.initial_backoff = milliseconds(20);
  config.link.max_backoff = milliseconds(500);
  config.link.refused_backoff = seconds(1);
  config.link.connection.heartbeat = seconds(random.Between(1, 2));
  config.operation_timeout = random.Chance(0.5) ? milliseconds(400) : seconds(2);
  config.link.connection.operation_timeout = config.operation_timeout;
  if (plan.few_channels) {
    config.link.connection.max_channels = static_cast<uint16_t>(random.Between(2, 8));
  }
  config.publish_channels = static_cast<uint32_t>(random.Between(1, 3));
  config.topology = MakeTopology();
  if (random.Chance(0.2)) config.max_in_flight_messages = random.Between(2, 20);
  if (random.Chance(0.1)) config.max_in_flight_bytes = random.Between(1'000, 30'000);
  config.separate_consumer_connection = random.Chance(0.3);
}

}  // namespace

Plan MakePlan(Random random) {
  Plan plan;
  plan.busy_time = random.Time(milliseconds(500), seconds(6));
  plan.publish_bursts = random.Between(2, 30);
  plan.subscriptions = random.Between(0, 8);
  plan.topology_calls = random.Chance(0.5) ? random.Between(1, 12) : 0;
  plan.refused_posts = random.Chance(0.1) ? 0.1 : 0;
  plan.bad_publishes = random.Chance(0.6);
  plan.short_deadlines = random.Chance(0.6);
  plan.large_bodies = random.Chance(0.5);
  plan.transient_messages = random.Chance(0.5);
  plan.bad_settlements = random.Chance(0.6);
  plan.drain_early = random.Chance(0.2);
  plan.drain_time = random.Time({}, seconds(2));
  plan.few_channels = random.Chance(0.05);
  PlanFaults(plan, random);
  PlanPipe(plan, random);
  PlanSidecar(plan, random);
  plan.model.heartbeat = 2;
  plan.model.max_confirm_latency = random.Chance(0.5) ? milliseconds(1) : milliseconds(60);
  plan.model.close_repeats_every = random.Chance(0.5) ? milliseconds(30) : milliseconds(300);
  return plan;
}

}  // namespace amqp_sidecar::simulation
