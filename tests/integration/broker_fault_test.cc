// What a broker does that is killed, frozen or short of memory, and what the callers are told.
// On the node that may be disturbed.
#include <atomic>
#include <map>
#include <set>

#include "integration/world.h"

namespace amqp_sidecar::test {
namespace {

using grpc::StatusCode;

World Disturbing() {
  SidecarOptions options;
  options.amqp = kFastReconnect;
  return World(options, RabbitmqNode::Disturbed());
}

// The sets of the checker.
struct Tally {
  std::set<std::string> ok;
  std::set<std::string> failed_no;
  std::set<std::string> unknown;
};

Tally Sort(const std::vector<pb::PublishRequest>& requests, const std::vector<Outcome>& outcomes) {
  Tally tally;
  for (size_t i = 0; i < outcomes.size(); ++i) {
    const std::string& id = requests[i].message().properties().message_id();
    INFO(id << ": " << outcomes[i]);
    if (outcomes[i].ok()) {
      tally.ok.insert(id);
    } else if (outcomes[i].persisted == "NO") {
      tally.failed_no.insert(id);
    } else {
      // A caller whose own deadline passed first, on a machine that is busy starting a broker, has
      // no reason, and knows as little.
      if (!outcomes[i].reason.empty()) REQUIRE(outcomes[i].reason == "OUTCOME_UNKNOWN");
      REQUIRE((outcomes[i].persisted == "UNKNOWN" ||
               outcomes[i].code == StatusCode::DEADLINE_EXCEEDED));
      tally.unknown.insert(id);
    }
  }
  return tally;
}

TEST_CASE("A broker killed under load: of 20,000 publishes every OK is delivered and no NO is",
          "[disturbs]") {
  constexpr size_t kCount = 20000;
  constexpr int kInFlight = 256;
  World world = Disturbing();
  const std::string queue = world.names.Queue();
  const std::string exchange = world.names.ExchangeTo(queue, "#");
  world.node.SyncDeclarations();
  std::vector<pb::PublishRequest> requests;
  for (size_t i = 0; i < kCount; ++i) {
    requests.push_back(JsonMessage(exchange, "k" + std::to_string(i % 7)));
    requests.back().mutable_message()->mutable_properties()->set_message_id(std::to_string(i));
  }

  std::atomic<size_t> answered = 0;
  auto publishing = InBackground([&] {
    // Less than half the outage: those in flight fail, and those that take their places too.
    return world.client.PublishAll(requests, kInFlight, 2s, [&](size_t n) { answered = n; });
  });
  REQUIRE(Eventually(30s, [&] { return answered > kCount / 4; }));
  OnExit back([&] { world.node.Resume(); });
  world.node.Kill();
  back.Dismiss();
  world.node.Resume();
  const std::vector<Outcome> outcomes = publishing.get();
  const Tally tally = Sort(requests, outcomes);

  Direct direct(world.node.port());
  std::map<std::string, int> delivered;
  for (const Direct::Message& message : direct.Drain(queue)) ++delivered[message.message_id];
  size_t lost = 0;
  size_t lied = 0;
  size_t duplicates = 0;
  for (const std::string& id : tally.ok) lost += delivered.count(id) == 0;
  for (const std::string& id : tally.failed_no) lied += delivered.count(id);
  for (const auto& [id, times] : delivered) duplicates += static_cast<size_t>(times - 1);
  CAPTURE(tally.ok.size(), tally.failed_no.size(), tally.unknown.size(), duplicates);
  CHECK(lost == 0);
  CHECK(lied == 0);
  CHECK(duplicates <= kInFlight);
  CHECK(tally.ok.size() > kCount / 2);
  CHECK(tally.ok.size() + tally.failed_no.size() + tally.unknown.size() == kCount);
}

TEST_CASE("A subscription outlives its broker's death, with every message delivered in the end",
          "[disturbs]") {
  World world = Disturbing();
  const std::string queue = world.names.Queue();
  world.node.SyncDeclarations();
  for (int i = 0; i < 50; ++i) {
    Direct::Message message;
    message.body = std::to_string(i);
    message.delivery_mode = 2;
    world.direct.Publish("", queue, message);
  }
  Subscription subscription(world.client, queue, 10);
  REQUIRE(subscription.WaitForDeliveries(10));
  const std::vector<std::string> before = Ids(subscription.deliveries());
  OnExit back([&] { world.node.Resume(); });
  world.node.Kill();
  REQUIRE(subscription.WaitForEvents(2));
  // The link is gone, so nothing that was delivered over it can be settled.
  const auto failures = world.client.Ack(before);
  REQUIRE(failures.size() == before.size());
  for (const pb::SettleFailure& failure : failures) {
    CHECK(failure.reason() == "STALE_DELIVERY");
    CHECK(failure.code() == StatusCode::FAILED_PRECONDITION);
  }
  back.Dismiss();
  world.node.Resume();
  const bool came_back = subscription.WaitForEvents(3, 30s);
  if (!came_back) {
    const std::optional<Outcome> end = subscription.WaitForEnd();
    if (end) FAIL("the stream ended: " << *end);
  }
  REQUIRE(came_back);
  CHECK(subscription.events() == Events{kSubscribed, kInterrupted, kResubscribed});

  std::set<std::string> bodies;
  size_t settled = 10;
  REQUIRE(Eventually(30s, [&] {
    const std::vector<pb::Delivery> all = subscription.deliveries();
    for (; settled < all.size(); ++settled) {
      if (world.client.Ack({all[settled].delivery_id()}).empty())
        bodies.insert(all[settled].body());
    }
    return bodies.size() == 50;
  }));
}

TEST_CASE("A broker frozen in mid-publish leaves the outcome unknown", "[disturbs]") {
  World world = Disturbing();
  const std::string queue = world.names.Queue();
  REQUIRE(world.client.Publish(JsonMessage("", queue)).ok());
  OnExit thaw([&] { world.node.Thaw(); });
  world.node.Freeze();
  const Outcome outcome = world.client.Publish(JsonMessage("", queue), 1500ms);
  INFO(outcome);
  CHECK(outcome.code == StatusCode::DEADLINE_EXCEEDED);
  CHECK(outcome.reason == "OUTCOME_UNKNOWN");
  CHECK(outcome.persisted == "UNKNOWN");
  CHECK(outcome.took < 1600ms);
}

TEST_CASE("A broker killed in mid-publish leaves the outcome unknown", "[disturbs]") {
  World world = Disturbing();
  const std::string queue = world.names.Queue();
  REQUIRE(world.client.Publish(JsonMessage("", queue)).ok());
  OnExit back([&] { world.node.Resume(); });
  world.node.Freeze();
  auto answer = InBackground([&] { return world.client.Publish(JsonMessage("", queue), 3s); });
  CHECK(Throughout(500ms, [&] { return answer.wait_for(0s) != std::future_status::ready; }));
  world.node.Kill();
  const Outcome outcome = answer.get();
  INFO(outcome);
  CHECK((outcome.code == StatusCode::UNAVAILABLE || outcome.code == StatusCode::DEADLINE_EXCEEDED));
  CHECK(outcome.reason == "OUTCOME_UNKNOWN");
  CHECK(outcome.persisted == "UNKNOWN");
}

TEST_CASE("During a memory alarm publishes are told that the broker blocks, and come through after",
          "[disturbs]") {
  World world = Disturbing();
  const std::string queue = world.names.Queue();
  REQUIRE(world.client.Publish(JsonMessage("", queue)).ok());
  OnExit calm([&] { world.node.Ctl({"set_vm_memory_high_watermark", "0.4"}); });
  world.node.Ctl({"set_vm_memory_high_watermark", "0.00001"});

  // The broker tells of the alarm only when somebody publishes.
  const Outcome first = world.client.Publish(JsonMessage("", queue), 1s);
  INFO(first);
  CHECK(first.reason == "OUTCOME_UNKNOWN");
  CHECK(first.persisted == "UNKNOWN");
  const Outcome second = world.client.Publish(JsonMessage("", queue), 1s);
  INFO(second);
  CHECK(second.code == StatusCode::UNAVAILABLE);
  CHECK(second.reason == "BROKER_BLOCKED");
  CHECK(second.persisted == "NO");
  CHECK(second.took < 1100ms);
  const HttpAnswer ready = HttpGet(world.sidecar.admin_port(), "/readyz");
  CHECK(ready.status == 200);
  CHECK_THAT(ready.body, ContainsSubstring("degraded: "));

  auto waiting = InBackground([&] { return world.client.Publish(JsonMessage("", queue), 30s); });
  calm.Dismiss();
  world.node.Ctl({"set_vm_memory_high_watermark", "0.4"});
  const Outcome third = waiting.get();
  INFO(third);
  CHECK(third.ok());
  world.sidecar.WaitReady();
  // The first, the one before the alarm, and the one that waited; never the one that said NO.
  REQUIRE(Eventually(5s, [&] { return world.direct.Ready(queue) == 3; }));
  CHECK(Throughout(300ms, [&] { return world.direct.Ready(queue) == 3; }));
}

// The disturbed node's consumer_timeout is 3 s, looked at every second.
TEST_CASE("A subscription outlives the broker's acknowledgement timeout", "[disturbs]") {
  World world = Disturbing();
  const std::string queue = world.names.Queue();
  world.direct.Publish("", queue, "1");
  Subscription subscription(world.client, queue);
  REQUIRE(subscription.WaitForDeliveries(1));
  const std::string old_id = subscription.deliveries()[0].delivery_id();
  REQUIRE(subscription.WaitForDeliveries(2, 30s));
  CHECK(subscription.events() == Events{kSubscribed, kInterrupted, kResubscribed});
  const pb::Delivery again = subscription.deliveries()[1];
  CHECK(again.redelivered());
  const auto failures = world.client.Ack({old_id, again.delivery_id()});
  REQUIRE(failures.size() == 1);
  CHECK(failures[0].delivery_id() == old_id);
  CHECK(failures[0].reason() == "STALE_DELIVERY");
  subscription.Cancel();
  REQUIRE(subscription.WaitForEnd());
  CHECK(Eventually(5s, [&] { return world.direct.Ready(queue) == 0; }));
  CHECK(Throughout(300ms, [&] { return world.direct.Ready(queue) == 0; }));
}

}  // namespace
}  // namespace amqp_sidecar::test
