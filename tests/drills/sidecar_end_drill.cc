// Drills: the sidecar itself is ended or killed while services use it, and its clock jumps.
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "drills/drill.h"

namespace amqp_sidecar::test {
namespace {

LoadOptions Restarting() {
  LoadOptions load;
  load.in_flight = 64;
  load.prefetch = 64;
  load.deadline = 10s;
  return load;
}

TEST_CASE("row 33: SIGTERM under load", "[drill]") {
  constexpr Millis kDrain = 5s;
  const int rounds = Form(10, 100);
  Names names(RabbitmqNode::Drilled());
  const std::string dead = names.Queue();
  DrillOptions options;
  options.sidecar.more = "drain_timeout: 5s\n";
  options.queue = {{"x-dead-letter-exchange", ""}, {"x-dead-letter-routing-key", dead}};
  Drill drill("33", options);
  drill.StartLoad(Restarting());
  std::mt19937_64 random(33);
  Millis longest{0};
  size_t unexplained = 0;
  for (int i = 0; i < rounds; ++i) {
    const auto up = Clock::now();
    REQUIRE(drill.load->WaitForOk(std::uniform_int_distribution<size_t>(100, 600)(random)));
    const auto start = Clock::now();
    drill.sidecar->Signal(SIGTERM);
    const std::optional<int> code = drill.sidecar->Wait(kDrain + 5s);
    const auto took = std::chrono::duration_cast<Millis>(Clock::now() - start);
    REQUIRE(code);
    CHECK(*code == 0);
    longest = std::max(longest, took);
    drill.StartSidecar();
    unexplained += drill.load->UnexplainedBetween(up, start);
  }
  drill.figures.Add("sigterms", rounds);
  drill.figures.Add("drain_timeout_ms", kDrain);
  drill.figures.Add("longest_exit_ms", longest);
  drill.figures.Add("calls_without_reason", unexplained);
  CHECK(longest <= kDrain + 1s);
  CHECK(unexplained == 0);
  drill.End(static_cast<size_t>(rounds));
  CHECK(Depth(drill.node, dead) == 0);
}

TEST_CASE("row 34: sidecar killed under load", "[drill]") {
  const int rounds = Form(10, 100);
  Drill drill("34");
  drill.StartLoad(Restarting());
  std::mt19937_64 random(34);
  for (int i = 0; i < rounds; ++i) {
    REQUIRE(drill.load->WaitForOk(std::uniform_int_distribution<size_t>(100, 600)(random)));
    drill.sidecar->Signal(SIGKILL);
    CHECK(drill.sidecar->Wait(5s) == -SIGKILL);
    drill.StartSidecar();
  }
  drill.figures.Add("kills", rounds);
  drill.End(static_cast<size_t>(rounds));
}

std::string FindFaketime() {
  for (const auto& folder : std::filesystem::directory_iterator("/usr/lib")) {
    const auto library = folder.path() / "faketime" / "libfaketimeMT.so.1";
    if (std::filesystem::exists(library)) return library;
  }
  throw std::runtime_error("libfaketime is not here: deploy/install-deps.sh test");
}

// The time that a fresh message_id of the sidecar's carries, in seconds of its clock: the first 48
// bits of a UUIDv7 are milliseconds.
std::chrono::seconds ClockOf(Client& client, const std::string& queue) {
  const Outcome outcome = client.Publish(JsonMessage("", queue));
  INFO(outcome);
  REQUIRE(outcome.ok());
  const std::string digits = outcome.message_id.substr(0, 8) + outcome.message_id.substr(9, 4);
  return std::chrono::duration_cast<std::chrono::seconds>(Millis(std::stoull(digits, nullptr, 16)));
}

// All at once: libfaketime ends the process that reads half of it.
void SetClock(const TempDir& dir, int days) {
  const std::string text = (days < 0 ? "" : "+") + std::to_string(days) + "d";
  std::filesystem::rename(dir.Write("clock.new", text), dir.File("clock"));
}

TEST_CASE("row 36: clock jumps ten days", "[drill]") {
  const TempDir dir;
  SetClock(dir, 0);
  DrillOptions options;
  // jemalloc and libfaketime call each other before either is ready: the same daemon without it.
  options.sidecar.wrapper = {"sh", "-c", "shift; exec \"$0\" \"$@\"", SidecarBinary() + "-glibc"};
  options.sidecar.environment = {
      "LD_PRELOAD=" + FindFaketime(), "FAKETIME_TIMESTAMP_FILE=" + dir.File("clock"),
      "FAKETIME_NO_CACHE=1",          "FAKETIME_DONT_FAKE_MONOTONIC=1",
      "DONT_FAKE_MONOTONIC=1",        "ASAN_OPTIONS=verify_asan_link_order=0"};
  // Often enough that a jump of the wrong clock would be taken for silence.
  options.sidecar.amqp = "  heartbeat: 1s\n";
  Drill drill("36", options);
  Client client(drill.sidecar->target());
  const std::string scratch = drill.names.Queue();
  const int rounds = Form(1, 10);
  drill.StartLoad(Restarting());
  const auto start = Clock::now();
  for (int i = 0; i < rounds; ++i) {
    for (const int days : {10, -10, 0}) {
      REQUIRE(drill.load->WaitForOk(500));
      const auto now = std::chrono::duration_cast<std::chrono::seconds>(
          std::chrono::system_clock::now().time_since_epoch());
      SetClock(dir, days);
      const auto jump = ClockOf(client, scratch) - now - std::chrono::hours(24 * days);
      CHECK(jump >= -1s);
      CHECK(jump <= 60s);
      CHECK(Throughout(2500ms, [&] { return drill.load->interruptions() == 0; }));
    }
  }
  REQUIRE(drill.load->WaitForOk(500));
  const Millis gap = drill.load->LongestGapSince(start);
  drill.figures.Add("jumps", 3 * rounds);
  drill.figures.Add("longest_gap_ms", gap);
  CHECK(gap <= 1s);
  CHECK(drill.load->interruptions() == 0);
  CHECK(drill.load->failures().empty());
  drill.End(0);
}

}  // namespace
}  // namespace amqp_sidecar::test
