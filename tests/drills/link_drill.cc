// Drills: the link between the sidecar and the broker breaks, in every way that a network knows.
#include "drills/drill.h"

namespace amqp_sidecar::test {
namespace {

using Way = FaultProxy::Way;

DrillOptions Proxied(const std::string& amqp = "") {
  DrillOptions options;
  options.proxied = true;
  options.sidecar.amqp = amqp;
  return options;
}

Millis Since(Clock::time_point start) {
  return std::chrono::duration_cast<Millis>(Clock::now() - start);
}

TEST_CASE("row 4: all connections closed by the operator", "[drill]") {
  Drill drill("4");
  drill.StartLoad();
  const int rounds = Form(2, 20);
  Millis worst{0};
  for (int i = 0; i < rounds; ++i) {
    REQUIRE(drill.load->WaitForOk(1000));
    // The command itself takes seconds to start, so what is measured is the gap that it makes.
    const size_t before = drill.load->interruptions();
    const auto start = Clock::now();
    drill.node.Ctl({"close_all_connections", "drill"});
    REQUIRE(Eventually(5s, [&] { return drill.load->interruptions() >= before + 2; }));
    REQUIRE(drill.load->WaitForOk(300, 10s));
    worst = std::max(worst, drill.load->LongestGapSince(start));
  }
  drill.figures.Add("longest_gap_ms", worst);
  CHECK(worst <= 500ms);
  drill.End(static_cast<size_t>(rounds));
}

// Nobody acknowledges what the sidecar sends: only TCP itself can tell before the heartbeats do.
TEST_CASE("row 8: half-open link where packets are dropped", "[drill]") {
  Drill drill("8-dropped", Proxied());
  drill.StartLoad();
  const int rounds = Form(1, 5);
  Millis worst{0};
  for (int i = 0; i < rounds; ++i) {
    REQUIRE(drill.load->WaitForOk(1000));
    const size_t before = drill.load->interruptions();
    drill.proxy->DropPackets();
    const auto start = Clock::now();
    REQUIRE(Eventually(40s, [&] { return drill.load->interruptions() >= before + 2; }));
    worst = std::max(worst, Since(start));
    drill.proxy->Restore();
    // The wire is back: the old connection is the broker's to forget.
    REQUIRE(drill.load->WaitForOk(500, 20s));
  }
  drill.figures.Add("noticed_ms", worst);
  CHECK(worst <= 10s);
  drill.End(static_cast<size_t>(rounds));
}

// The peer's TCP takes all bytes and nobody answers: heartbeats tell.
TEST_CASE("row 8: half-open link where the peer takes bytes and says nothing", "[drill]") {
  const Millis heartbeat = Form(Millis(2s), Millis(10s));
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(heartbeat).count();
  Drill drill("8-silent", Proxied("  heartbeat: " + std::to_string(seconds) + "s\n"));
  LoadOptions load;
  load.deadline = 40s;
  drill.StartLoad(load);
  REQUIRE(drill.load->WaitForOk(1000));
  Faults silent;
  silent.hole = Hole::kDiscard;
  drill.proxy->SetBoth(silent);
  const auto start = Clock::now();
  REQUIRE(Eventually(60s, [&] { return drill.load->interruptions() >= 2; }));
  const Millis noticed = Since(start);
  drill.proxy->Restore();
  REQUIRE(drill.load->WaitForOk(500, 20s));
  drill.figures.Add("heartbeat_ms", heartbeat);
  drill.figures.Add("noticed_ms", noticed);
  // What is promised, and what a busy machine takes to look.
  CHECK(noticed <= 2 * heartbeat + 500ms);
  drill.End(1);
}

TEST_CASE("row 9: connection reset", "[drill]") {
  Drill drill("9", Proxied());
  drill.StartLoad();
  const int rounds = Form(3, 50);
  Millis worst{0};
  for (int i = 0; i < rounds; ++i) {
    // A link that was lost sooner than max_backoff after it came up waits longer, as it should.
    const size_t before = drill.load->ok();
    CHECK(Throughout(2200ms, [&] { return drill.proxy->open() == 1; }));
    REQUIRE(drill.load->ok() > before);
    const auto start = Clock::now();
    drill.proxy->End(Ending::kReset);
    REQUIRE(Eventually(10s, [&] { return drill.load->RecoveryAfter(start) >= 0ms; }));
    worst = std::max(worst, drill.load->RecoveryAfter(start));
  }
  drill.figures.Add("worst_recovery_ms", worst);
  CHECK(worst <= 500ms);
  drill.End(static_cast<size_t>(rounds));
}

// Every position of the handshake, and those after it that hold the frames of publishes, confirms,
// deliveries and acks, in both directions.
std::vector<FaultProxy::Cut> Cuts(size_t count) {
  constexpr uint64_t kLast = 4096;
  std::vector<FaultProxy::Cut> cuts;
  for (size_t i = 0; i < count; ++i) {
    FaultProxy::Cut cut;
    cut.way = i % 2 == 0 ? Way::kToBroker : Way::kToClient;
    cut.after = 1 + i * kLast / count;
    cut.ending = i / 2 % 2 == 0 ? Ending::kReset : Ending::kClose;
    cuts.push_back(cut);
  }
  return cuts;
}

TEST_CASE("row 10: connection cut after byte K", "[drill]") {
  Drill drill("10", Proxied("  reconnect: {initial_backoff: 0.001s, max_backoff: 0.002s}\n"));
  LoadOptions load;
  load.in_flight = 64;
  load.prefetch = 64;
  load.deadline = 60s;
  drill.StartLoad(load);
  REQUIRE(drill.load->WaitForOk(500));
  const std::vector<FaultProxy::Cut> cuts = Cuts(Form<size_t>(400, 4000));
  drill.proxy->PlanCuts(cuts);
  drill.proxy->End(Ending::kReset);
  REQUIRE(
      Eventually(Form(Millis(60s), Millis(1200s)), [&] { return drill.proxy->cuts_left() == 0; }));
  REQUIRE(drill.load->WaitForOk(500, 60s));
  drill.figures.Add("cuts", cuts.size());
  drill.End(cuts.size() + 1);
}

}  // namespace
}  // namespace amqp_sidecar::test
