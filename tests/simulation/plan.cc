#include "plan.h"

#include <algorithm>

namespace amqp_sidecar::simulation {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Longer than anything is remembered, or lives unused.
constexpr base::Duration kLongestPause = std::chrono::minutes(15);

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

// w0 and w3 dead-letter to nowhere; w1 to d1; w2, whose messages live for a second, too. What
// policies dead-letter to graves goes to d2, with the key "deep", and nowhere with others.
void AddRetryQueues(broker::Topology& topology) {
  using amqp::FieldValue;
  const auto text = [](const char* value) { return FieldValue{std::string(value)}; };
  const amqp::FieldTable to_d1 = {{"x-dead-letter-exchange", text("")},
                                  {"x-dead-letter-routing-key", text("d1")}};
  const auto add = [&](const char* name, bool quorum, amqp::FieldTable arguments) {
    broker::Queue queue = NamedQueue(name, true, -1);
    queue.arguments = std::move(arguments);
    if (quorum) queue.arguments["x-queue-type"] = text("quorum");
    topology.queues.push_back(std::move(queue));
  };
  add("w0", true, {});
  add("w1", false, to_d1);
  amqp::FieldTable short_lived = to_d1;
  short_lived["x-message-ttl"] = FieldValue{int64_t{1'000}};
  short_lived["x-dead-letter-strategy"] = text("at-least-once");
  short_lived["x-overflow"] = text("reject-publish");
  add("w2", true, std::move(short_lived));
  add("w3", false, {});
  add("d1", false, {});
  add("d2", true, {});
  for (const char* name : {"w0", "w1", "w2", "w3"}) {
    topology.bindings.push_back({name, "direct1", name, {}});
  }
  topology.bindings.push_back({"w0", "fan1", "", {}});
  topology.bindings.push_back({"d2", "graves", "deep", {}});
}

// q2 fills up, q3 does not outlive a restart; nothing happens to probe.
broker::Topology MakeTopology() {
  broker::Topology topology;
  topology.exchanges = {
      {"direct1", "direct"}, {"topic1", "topic"}, {"fan1", "fanout"}, {"all", "fanout"}};
  topology.exchanges.push_back({"forbidden", "fanout"});
  topology.exchanges.push_back({"graves", "direct"});
  topology.queues = {NamedQueue("q0", true, -1), NamedQueue("q1", true, -1),
                     NamedQueue("q2", true, 4), NamedQueue("q3", false, -1),
                     NamedQueue("probe", true, -1)};
  topology.bindings = {{"q0", "direct1", "k0", {}}, {"q1", "direct1", "k1", {}},
                       {"q1", "topic1", "a.*", {}}, {"q2", "topic1", "a.#", {}},
                       {"q0", "fan1", "", {}},      {"q2", "fan1", "", {}},
                       {"q3", "fan1", "", {}},      {"probe", "all", "", {}}};
  AddRetryQueues(topology);
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
  if (plan.retries && random.Chance(0.2)) {
    config.default_ack_deadline = random.Time(milliseconds(20), seconds(3));
  }
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
  plan.retries = random.Chance(0.6);
  if (plan.retries) {
    plan.subscriptions += random.Between(1, 6);
    plan.foreign_publishes = random.Chance(0.5) ? random.Between(1, 15) : 0;
    plan.shovels = random.Chance(0.3) ? random.Between(1, 6) : 0;
  }
  plan.drain_early = random.Chance(0.2);
  if (random.Chance(0.03)) {
    plan.pause = random.Time(seconds(1), kLongestPause);
    plan.away_in_pause = random.Chance(0.5);
  }
  plan.drain_time = random.Time({}, seconds(2));
  plan.few_channels = random.Chance(0.05);
  PlanFaults(plan, random);
  PlanPipe(plan, random);
  PlanSidecar(plan, random);
  plan.model.heartbeat = 2;
  plan.model.newer = random.Chance(0.5);
  if (plan.retries && random.Chance(0.1)) plan.model.forbidden_queue = "w0.dead";
  plan.model.max_confirm_latency = random.Chance(0.5) ? milliseconds(1) : milliseconds(60);
  plan.model.close_repeats_every = random.Chance(0.5) ? milliseconds(30) : milliseconds(300);
  return plan;
}

}  // namespace amqp_sidecar::simulation
