#include "workload.h"

#include <utility>

namespace amqp_sidecar::simulation {

using std::chrono::milliseconds;
using std::chrono::seconds;

void Workload::Begin(base::TimePoint end) {
  const base::TimePoint begin = ground_.reactor.Now();
  const auto at = [&] { return begin + random_.Time({}, end - begin); };
  for (size_t i = 0; i < plan_.publish_bursts; ++i) {
    ground_.reactor.WorldAt(at(), [this] { PublishBurst(); });
  }
  for (size_t i = 0; i < plan_.subscriptions; ++i) {
    ground_.reactor.WorldAt(random_.Chance(0.5) ? begin : at(), [this] { Subscribe(); });
  }
  for (size_t i = 0; i < plan_.topology_calls; ++i) {
    ground_.reactor.WorldAt(at(), [this] { CallTopology(); });
  }
  for (size_t i = 0; i < plan_.foreign_publishes; ++i) {
    ground_.reactor.WorldAt(at(), [this] { PublishByOthers(); });
  }
  for (size_t i = 0; i < plan_.shovels; ++i) {
    ground_.reactor.WorldAt(at(), [this] { PutBack(); });
  }
}

// --- Publishing.

void Workload::PublishBurst() {
  for (size_t i = random_.Between(1, 10); i > 0; --i) PublishOne();
}

void Workload::ChooseRoute(broker::PublishRequest& request) {
  struct Route {
    const char* exchange;
    const char* key;
  };
  static constexpr Route kGood[] = {{"", "q0"},          {"", "q1"},        {"direct1", "k0"},
                                    {"direct1", "k1"},   {"topic1", "a.b"}, {"fan1", ""},
                                    {"all", "anything"}, {"", "q3"},        {"", "q2"}};
  static constexpr Route kBad[] = {{"", "nowhere"},   {"direct1", "k9"}, {"topic1", "b.c"},
                                   {"missing", "k0"}, {"", ""},          {"forbidden", "k0"},
                                   {"direct1", ""},   {"mine", "k0"},    {"fan1", "x"}};
  static constexpr Route kRetried[] = {{"", "w0"}, {"", "w1"},        {"", "w2"},
                                       {"", "w3"}, {"direct1", "w0"}, {"direct1", "w1"}};
  if (plan_.retries && random_.Chance(0.6)) {
    const Route& route = kRetried[random_.Below(std::size(kRetried))];
    request.exchange = route.exchange;
    request.routing_key = route.key;
    return;
  }
  const bool bad = plan_.bad_publishes && random_.Chance(0.3);
  const Route& route =
      bad ? kBad[random_.Below(std::size(kBad))] : kGood[random_.Below(std::size(kGood))];
  // What costs a channel makes others on it come twice.
  if (plan_.faultless() && route.exchange == std::string_view("forbidden")) {
    return ChooseRoute(request);
  }
  request.exchange = route.exchange;
  request.routing_key = route.key;
}

size_t Workload::BodySize() {
  const double draw = plan_.large_bodies ? random_.Unit() : random_.Unit() * 0.8;
  if (draw < 0.05) return 0;
  if (draw < 0.8) return random_.Between(1, 200);
  if (draw < 0.97) return random_.Between(900, 13'000);
  // The broker takes less.
  return plan_.bad_publishes && !plan_.faultless() ? plan_.model.max_message_bytes + 1 : 4088;
}

base::Duration Workload::Deadline() {
  const double draw = random_.Unit();
  if (plan_.short_deadlines && draw < 0.2) return random_.Time({}, milliseconds(20));
  if (plan_.short_deadlines && draw < 0.5) return random_.Time({}, milliseconds(800));
  if (draw < 0.8) return random_.Time(seconds(3), seconds(8));
  return random_.Time(seconds(10), seconds(30));
}

void Workload::PublishOne() {
  broker::PublishRequest request;
  ChooseRoute(request);
  request.body.resize(BodySize());
  request.properties.delivery_mode =
      plan_.transient_messages && random_.Chance(0.15) ? uint8_t{1} : uint8_t{2};
  AddProperties(request.properties);
  if (random_.Chance(0.05)) request.properties.message_id = "the same";
  request.allow_unroutable = random_.Chance(0.2);
  request.deadline = ground_.reactor.Now() + Deadline();
  Send(std::move(request));
}

void Workload::AddProperties(broker::Properties& properties) {
  if (random_.Chance(0.1)) properties.headers["tries"] = {int64_t{1}};
  if (!plan_.retries) return;
  if (random_.Chance(0.1)) properties.headers["of"] = {amqp::FieldTable{{"a", {std::string("b")}}}};
  if (random_.Chance(0.1)) properties.user_id = "guest";
  static constexpr const char* kTimes[] = {"50", "1000", "30000"};
  if (random_.Chance(0.1)) properties.expiration = kTimes[random_.Below(std::size(kTimes))];
}

// With what the sidecar does not let its callers send.
void Workload::PublishByOthers() {
  static constexpr const char* kQueues[] = {"w0", "w1", "w2", "w3", "d1"};
  const std::string queue = kQueues[random_.Below(std::size(kQueues))];
  if (!model_.up() || !model_.HasQueue(queue)) return;
  broker::Properties properties;
  AddProperties(properties);
  if (random_.Chance(0.5)) properties.user_id = "alice";
  if (random_.Chance(0.3)) {
    properties.headers["CC"] = {amqp::FieldArray{{std::string("q0")}, {std::string("w3")}}};
  }
  if (random_.Chance(0.3)) {
    const amqp::FieldTable death = {
        {"queue", {queue}}, {"reason", {std::string("expired")}}, {"count", {int64_t{1}}}};
    properties.headers["x-death"] = {amqp::FieldArray{{death}}};
  }
  Checker::Publish expected;
  expected.routing_key = queue;
  expected.body_bytes = BodySize() % 4'000;
  expected.expiration = properties.expiration;
  expected.user_id = properties.user_id;
  expected.headers = properties.headers;
  if (random_.Chance(0.5)) expected.message_id = properties.message_id = "theirs";
  properties.correlation_id = Checker::NameOf(ground_.checker.publishes());
  properties.delivery_mode = 2;
  model_.TakeFromOthers(ground_.checker.CameOtherwise(std::move(expected)), properties);
}

// As an operator does, with the headers that it has.
void Workload::PutBack() { model_.MoveAll("d1", random_.Chance(0.5) ? "w2" : "w1"); }

size_t Workload::PublishProbe() {
  broker::PublishRequest request;
  request.exchange = "all";
  request.routing_key = "probe" + std::to_string(random_.Below(8));
  request.body.resize(BodySize() % 4096);
  request.properties.delivery_mode = 2;
  request.deadline = ground_.reactor.Now() + seconds(5);
  return Send(std::move(request));
}

size_t Workload::Send(broker::PublishRequest request) {
  Checker& checker = ground_.checker;
  const size_t index = checker.publishes();
  request.properties.content_type = "application/octet-stream";
  request.properties.correlation_id = Checker::NameOf(index);
  if (request.properties.message_id.empty()) {
    request.properties.message_id = "m" + std::to_string(index);
  }
  Checker::Publish expected;
  expected.exchange = request.exchange;
  expected.routing_key = request.routing_key;
  expected.message_id = request.properties.message_id;
  expected.body_bytes = request.body.size();
  expected.allow_unroutable = request.allow_unroutable;
  expected.expiration = request.properties.expiration;
  expected.user_id = request.properties.user_id;
  expected.headers = request.properties.headers;
  expected.deadline = request.deadline;
  checker.Called(std::move(expected));
  request.body = checker.Body(index);
  ground_.broker.Publish(std::move(request), [&checker, index](broker::PublishResult result) {
    checker.Answered(index, std::move(result));
  });
  if (checker.unanswered_publishes() > plan_.config.max_in_flight_messages) {
    checker.Fail("more publishes are in flight than the bound allows");
  }
  return index;
}

// --- Subscriptions.

void Workload::Subscribe() {
  static constexpr const char* kQueues[] = {"q0", "q1", "q2", "q3", "probe", "q0", "no-queue"};
  static constexpr const char* kRetried[] = {"w0", "w1", "w2", "w3", "w0", "d1", "d2", "w0.dead"};
  broker::SubscribeRequest request;
  request.queue = kQueues[random_.Below(plan_.bad_publishes ? 7 : 6)];
  if (plan_.retries && random_.Chance(0.7)) {
    request.queue = kRetried[random_.Below(std::size(kRetried))];
    if (random_.Chance(0.1)) {
      request.queue = random_.Chance(0.5) ? "mine0" : "mine1";
      request.bindings = {{"", "fan1", "", {}}, {"", "topic1", "a.#", {}}};
    }
  }
  request.prefetch = static_cast<uint32_t>(random_.Between(0, 8));
  request.exclusive = random_.Chance(0.1);
  if (random_.Chance(0.1)) request.priority = 3;
  Consumer::Habits habits;
  habits.bad = plan_.bad_settlements;
  SettlementChecker::Terms terms;
  if (plan_.retries) {
    habits.invalid = true;
    AddTerms(request);
    habits.delays = random_.Chance(0.6);
    habits.failures = random_.Chance(0.5) ? 0.2 : 0.7;
    terms.retry = request.retry;
    terms.ack_deadline = request.ack_deadline.value_or(plan_.config.default_ack_deadline);
    terms.dead_letters = request.queue == "w1" || request.queue == "w2";
  }
  auto consumer = std::make_shared<Consumer>(ground_, random_.Fork(), habits);
  consumers_.push_back(consumer);
  consumer->Subscribe(std::move(request), std::move(terms));
  if (random_.Chance(0.1)) {
    ground_.reactor.WorldAfter(random_.Time({}, plan_.busy_time),
                               [consumer] { consumer->Finish(); });
  }
  if (random_.Chance(0.4)) {
    ground_.reactor.WorldAfter(random_.Time({}, plan_.busy_time),
                               [consumer] { consumer->Leave(); });
  }
}

void Workload::AddTerms(broker::SubscribeRequest& request) {
  if (random_.Chance(0.5)) request.retry = RandomPolicy();
  if (random_.Chance(0.3)) request.ack_deadline = random_.Time(milliseconds(5), seconds(2));
}

broker::RetryPolicy Workload::RandomPolicy() {
  broker::RetryPolicy policy;
  policy.max_attempts = static_cast<uint32_t>(random_.Between(0, 4));
  policy.initial_backoff = random_.Chance(0.5) ? random_.Time(milliseconds(10), milliseconds(50))
                                               : random_.Time(milliseconds(100), seconds(1));
  policy.max_backoff = policy.initial_backoff * static_cast<int64_t>(random_.Between(1, 20));
  if (random_.Chance(0.5)) {
    // What is forbidden costs a channel, and makes others on it come twice.
    static constexpr const char* kExchanges[] = {"no-graves", "forbidden"};
    policy.dead_letter_exchange =
        random_.Chance(0.9) ? "graves" : kExchanges[plan_.faultless() ? 0 : random_.Below(2)];
    if (random_.Chance(0.7)) policy.dead_letter_routing_key = "deep";
  }
  return policy;
}

// --- Topology.

void Workload::CallTopology() {
  const base::TimePoint deadline = ground_.reactor.Now() + random_.Time({}, seconds(4));
  static constexpr const char* kNames[] = {"declare",
                                           "delete queue",
                                           "delete exchange",
                                           "declare queue",
                                           "purge",
                                           "get",
                                           "declare binding",
                                           "unbind",
                                           "get missing",
                                           "declare what cannot be encoded",
                                           "declare otherwise"};
  // Without faults: what makes no message arrive otherwise.
  static constexpr size_t kHarmless[] = {0, 3, 5, 8, 9, 10};
  const size_t which = plan_.faultless() ? kHarmless[random_.Below(std::size(kHarmless))]
                                         : random_.Below(std::size(kNames));
  const size_t call = ground_.checker.CalledOther(kNames[which], deadline);
  Checker& checker = ground_.checker;
  auto done = [&checker, call](broker::TopologyResult) { checker.AnsweredOther(call); };
  broker::Broker& broker = ground_.broker;
  broker::Topology topology;
  switch (which) {
    case 0:
      topology.exchanges = {{"mine", "direct"}};
      topology.queues.emplace_back().name = "q4";
      topology.bindings = {{"q4", "mine", "k0", {}}};
      return broker.Declare(std::move(topology), deadline, done);
    case 1:
      return broker.DeleteQueue(random_.Chance(0.5) ? "q4" : "q1", random_.Chance(0.3),
                                random_.Chance(0.3), deadline, done);
    case 2:
      return broker.DeleteExchange(random_.Chance(0.7) ? "mine" : "topic1", random_.Chance(0.3),
                                   deadline, done);
    case 3:
      topology.queues.emplace_back().name = "q5";
      return broker.Declare(std::move(topology), deadline, done);
    case 4:
      return broker.PurgeQueue(random_.Chance(0.5) ? "q0" : "q4", deadline, done);
    case 5:
      return broker.GetQueue("q0", deadline, done);
    case 6:
      topology.bindings = {{"q0", "direct1", "k5", {}}};
      return broker.Declare(std::move(topology), deadline, done);
    case 7:
      return broker.UnbindQueue({"q1", "direct1", "k1", {}}, deadline, done);
    case 9: {
      amqp::FieldTable nested;
      for (int i = 0; i < 20; ++i) nested = {{"deeper", {nested}}};
      topology.queues.emplace_back().name = "q6";
      topology.queues.back().arguments = nested;
      return broker.Declare(std::move(topology), deadline, done);
    }
    case 10:
      topology.exchanges = {{"fixed", "direct"}};
      return broker.Declare(std::move(topology), deadline, done);
    default:
      return broker.GetQueue("no-queue", deadline, done);
  }
}

}  // namespace amqp_sidecar::simulation
