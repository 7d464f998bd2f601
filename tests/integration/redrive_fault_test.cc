// redrive while it is interrupted, killed, or cut off: nothing is lost, and at most what was in
// flight is there twice.
#include <signal.h>

#include <random>

#include "integration/redrive_world.h"

namespace amqp_sidecar::test {
namespace {

constexpr size_t kCount = 2000;
// What RedriveSession::kWindow is.
constexpr size_t kInFlight = 64;
// Slow enough to be met in the middle.
constexpr auto kWay = 10ms;

// Where the messages are in the end.
struct Tally {
  std::multiset<std::string> moved;
  std::multiset<std::string> left;

  size_t all() const { return moved.size() + left.size(); }
  // Of those that were filled in.
  size_t distinct() const {
    std::set<std::string> ids(moved.begin(), moved.end());
    ids.insert(left.begin(), left.end());
    return ids.size();
  }
  size_t doubles() const { return all() - distinct(); }
};

Tally Count(ProxiedRedriveWorld& world) {
  Tally tally;
  tally.moved = IdsOf(world.direct.Drain(world.origin));
  tally.left = IdsOf(world.direct.Drain(world.dead));
  return tally;
}

// The sidecar has given back what a redrive held.
bool GivenBack(ProxiedRedriveWorld& world) {
  return Eventually(10s, [&] { return world.direct.Consumers(world.dead) == 0; });
}

bool WaitUntilMoved(ProxiedRedriveWorld& world, size_t count) {
  return Eventually(20s, [&] { return world.direct.Ready(world.origin) >= count; });
}

struct FilledWorld : ProxiedRedriveWorld {
  FilledWorld() {
    Fill(kCount);
    proxy.Delay(kWay);
  }
};

TEST_CASE("Ctrl-C ends a redrive in good order: all is in one place or the other") {
  FilledWorld world;
  Subprocess redrive = world.StartRedrive();
  REQUIRE(WaitUntilMoved(world, 200));
  const int signal = GENERATE(SIGINT, SIGTERM);
  redrive.Signal(signal);
  const std::optional<int> code = redrive.Wait(10s);
  REQUIRE(code);
  INFO(redrive.output());
  CHECK(*code == 1);
  CHECK_THAT(redrive.err(), ContainsSubstring("ended: told to stop"));
  REQUIRE(GivenBack(world));
  const Tally tally = Count(world);
  CHECK(tally.all() == kCount);
  CHECK(tally.distinct() == kCount);
  const size_t moved = tally.moved.size();
  CHECK(moved < kCount);
  CHECK_THAT(redrive.err(),
             ContainsSubstring("moved " + std::to_string(moved) + ", failed 0, unknown 0, left " +
                               std::to_string(kCount - moved) + "\n"));
}

TEST_CASE("A second Ctrl-C ends a redrive at once, and nothing is lost") {
  FilledWorld world;
  Subprocess redrive = world.StartRedrive();
  REQUIRE(WaitUntilMoved(world, 200));
  // What is in flight gets no answer.
  world.proxy.MuteBroker();
  redrive.Signal(SIGINT);
  CHECK(Eventually(2s,
                   [&] { return redrive.err().find("ended: told to stop") != std::string::npos; }));
  CHECK_FALSE(redrive.Wait(500ms));
  redrive.Signal(SIGINT);
  CHECK(redrive.Wait(1s) == -SIGINT);
  world.proxy.Restore();
  REQUIRE(GivenBack(world));
  const Tally tally = Count(world);
  CHECK(tally.distinct() == kCount);
  CHECK(tally.doubles() <= kInFlight);
}

TEST_CASE(
    "A redrive that is killed again and again loses nothing, and doubles what was in flight") {
  FilledWorld world;
  const unsigned seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  size_t kills = 0;
  while (world.direct.Ready(world.dead) > 0) {
    const size_t before = world.direct.Ready(world.origin);
    Subprocess redrive = world.StartRedrive();
    REQUIRE(WaitUntilMoved(world, before + 1));
    const Millis life(std::uniform_int_distribution<int>(0, 150)(random));
    const bool ended = redrive.Wait(life).has_value();
    redrive.Signal(SIGKILL);
    REQUIRE(redrive.Wait(5s));
    kills += ended ? 0 : 1;
    REQUIRE(GivenBack(world));
    const size_t all = world.direct.Ready(world.dead) + world.direct.Ready(world.origin);
    REQUIRE(all <= kCount + kInFlight * kills);
    REQUIRE(kills < 300);
  }
  CHECK(kills >= 3);
  const Tally tally = Count(world);
  INFO(kills << " kills, " << tally.doubles() << " doubles");
  CHECK(tally.distinct() == kCount);
  CHECK(tally.doubles() <= kInFlight * kills);
}

TEST_CASE("A redrive that holds many that stay has no more in flight than another") {
  ProxiedRedriveWorld world;
  world.Fill(600, "no-such-queue");
  world.Fill(kCount);
  const size_t all = world.filled;
  world.proxy.Delay(kWay);
  Subprocess redrive = world.StartRedrive();
  REQUIRE(WaitUntilMoved(world, 500));
  redrive.Signal(SIGKILL);
  REQUIRE(redrive.Wait(5s));
  REQUIRE(GivenBack(world));
  const Tally tally = Count(world);
  CHECK(tally.distinct() == all);
  CHECK(tally.doubles() <= kInFlight);
  CHECK(tally.moved.size() < kCount);
}

TEST_CASE("A redrive outlives a link that is cut: nothing is moved or counted twice by it") {
  FilledWorld world;
  Subprocess redrive = world.StartRedrive();
  constexpr size_t kCuts = 4;
  for (size_t i = 1; i <= kCuts; ++i) {
    REQUIRE(WaitUntilMoved(world, 300 * i));
    world.proxy.Cut();
  }
  const std::optional<int> code = redrive.Wait(30s);
  REQUIRE(code);
  INFO(redrive.output());
  CHECK(*code == 0);
  CHECK_THAT(redrive.err(), ContainsSubstring("INTERRUPTED"));
  CHECK_THAT(redrive.err(), ContainsSubstring("RESUBSCRIBED"));
  CHECK_THAT(redrive.err(), ContainsSubstring("moved 2000, failed 0, unknown 0, left 0\n"));
  REQUIRE(GivenBack(world));
  const Tally tally = Count(world);
  INFO(tally.doubles() << " doubles");
  CHECK(tally.left.empty());
  CHECK(tally.distinct() == kCount);
  // The sidecar publishes again what the lost link left without an answer.
  CHECK(tally.doubles() <= kInFlight * kCuts);
}

TEST_CASE("Messages without message_id are not lost either where the link is cut") {
  ProxiedRedriveWorld world;
  Direct::Message message = world.Message(0);
  message.message_id = "";
  world.direct.PublishAll("", world.dead, std::vector<Direct::Message>(1000, message));
  world.proxy.Delay(kWay);
  Subprocess redrive = world.StartRedrive();
  for (const size_t moved : {200, 500}) {
    REQUIRE(WaitUntilMoved(world, moved));
    world.proxy.Cut();
  }
  const std::optional<int> code = redrive.Wait(30s);
  REQUIRE(code);
  INFO(redrive.output());
  REQUIRE(GivenBack(world));
  const size_t moved = world.direct.Ready(world.origin);
  const size_t left = world.direct.Ready(world.dead);
  CHECK(moved + left >= 1000);
  CHECK(moved + left <= 1000 + 2 * 2 * kInFlight);
}

TEST_CASE("A redrive whose broker is away ends with the reason, and can be done again") {
  FilledWorld world;
  Subprocess redrive = world.StartRedrive();
  REQUIRE(WaitUntilMoved(world, 200));
  world.proxy.TakeAway();
  const std::optional<int> code = redrive.Wait(20s);
  REQUIRE(code);
  INFO(redrive.output());
  CHECK(*code == 1);
  CHECK_THAT(redrive.err(), ContainsSubstring("ended: "));
  CHECK_THAT(redrive.err(), ContainsSubstring("left"));
  world.proxy.Restore();
  world.sidecar.WaitReady();
  const RunResult again = world.Redrive();
  INFO(again.output());
  CHECK(again.exit_code == 0);
  const Tally tally = Count(world);
  CHECK(tally.left.empty());
  CHECK(tally.distinct() == kCount);
  CHECK(tally.doubles() <= kInFlight);
}

TEST_CASE("A redrive ends in good order where the sidecar drains") {
  FilledWorld world;
  Subprocess redrive = world.StartRedrive();
  REQUIRE(WaitUntilMoved(world, 200));
  world.sidecar.Signal(SIGTERM);
  const std::optional<int> code = redrive.Wait(10s);
  REQUIRE(code);
  INFO(redrive.output());
  CHECK(*code == 1);
  CHECK_THAT(redrive.err(), ContainsSubstring("ended: DRAINING"));
  CHECK(world.sidecar.Wait(10s) == 0);
  const Tally tally = Count(world);
  CHECK(tally.all() == kCount);
  CHECK(tally.distinct() == kCount);
  CHECK_THAT(redrive.err(), ContainsSubstring("moved " + std::to_string(tally.moved.size()) +
                                              ", failed 0, unknown 0"));
}

TEST_CASE("A redrive whose sidecar is killed says what it does not know, and nothing is lost") {
  FilledWorld world;
  Subprocess redrive = world.StartRedrive();
  REQUIRE(WaitUntilMoved(world, 200));
  world.sidecar.Signal(SIGKILL);
  const std::optional<int> code = redrive.Wait(10s);
  REQUIRE(code);
  INFO(redrive.output());
  CHECK(*code == 1);
  CHECK_THAT(redrive.err(), ContainsSubstring("not known whether moved: message_id=m-"));
  CHECK(redrive.err().find("unknown 0") == std::string::npos);
  REQUIRE(GivenBack(world));
  const Tally tally = Count(world);
  CHECK(tally.distinct() == kCount);
  CHECK(tally.doubles() <= kInFlight);
}

TEST_CASE("A redrive ends where others took what was there, and says so") {
  FilledWorld world;
  Subprocess redrive = world.StartRedrive();
  REQUIRE(WaitUntilMoved(world, 200));
  world.direct.Purge(world.dead);
  const std::optional<int> code = redrive.Wait(10s);
  REQUIRE(code);
  INFO(redrive.output());
  CHECK(*code == 1);
  CHECK_THAT(redrive.err(), ContainsSubstring("ended: nothing more came for 3 s"));
}

TEST_CASE("A redrive during an alarm of the broker ends with the reason, and nothing is lost",
          "[disturbs]") {
  RedriveWorld world({}, RabbitmqNode::Disturbed());
  constexpr size_t kFew = 300;
  world.Fill(kFew);
  world.node.SyncDeclarations();
  OnExit calm([&] { world.node.Ctl({"set_vm_memory_high_watermark", "0.4"}); });
  world.node.Ctl({"set_vm_memory_high_watermark", "0.00001"});
  const RunResult result = world.Redrive();
  INFO(result.output());
  CHECK(result.exit_code == 1);
  const bool told = result.err.find("ended: BROKER_BLOCKED") != std::string::npos ||
                    result.err.find("ended: OUTCOME_UNKNOWN") != std::string::npos;
  CHECK(told);
  CHECK_THAT(result.err, ContainsSubstring("moved 0, failed 0, unknown "));
  calm.Now();
  world.sidecar.WaitReady();
  REQUIRE(Eventually(10s, [&] { return world.direct.Consumers(world.dead) == 0; }));
  const RunResult again = world.Redrive();
  INFO(again.output());
  CHECK(again.exit_code == 0);
  const std::multiset<std::string> moved = IdsOf(world.direct.Drain(world.origin));
  CHECK(std::set<std::string>(moved.begin(), moved.end()).size() == kFew);
  CHECK(moved.size() <= kFew + kInFlight);
}

}  // namespace
}  // namespace amqp_sidecar::test
