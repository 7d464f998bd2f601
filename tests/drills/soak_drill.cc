// The soak: one fault after the other, chosen by a seed, and at the end nothing is lost and the
// sidecar uses no more than at the beginning.
#include <cstdlib>
#include <random>

#include "drills/drill.h"
#include "drills/sampler.h"

namespace amqp_sidecar::test {
namespace {

using Way = FaultProxy::Way;

class Nemesis {
 public:
  Nemesis(Drill& drill, uint64_t seed) : drill_(drill), random_(seed) {}

  // Breaks something and mends it, as far as it does not mend itself. Its name.
  std::string Strike() {
    // A kill takes the broker away for longer than the short form lasts.
    switch (Below(LongForm() ? 7 : 6)) {
      case 0:
        drill_.proxy->End(Ending::kReset);
        return "reset";
      case 1:
        drill_.proxy->PlanCuts({{Below(2) == 0 ? Way::kToBroker : Way::kToClient, 1 + Below(8192),
                                 Below(2) == 0 ? Ending::kReset : Ending::kClose}});
        drill_.proxy->End(Ending::kReset);
        return "cut";
      case 2:
        BlackHole(Below(2) == 0 ? Hole::kStopReading : Hole::kDiscard);
        return "hole";
      case 3:
        drill_.node.Ctl({"set_vm_memory_high_watermark", "0.00001"});
        Wait(500ms);
        drill_.node.Ctl({"set_vm_memory_high_watermark", "0.4"});
        return "alarm";
      case 4:
        drill_.node.Ctl({"close_all_connections", "soak"});
        return "close";
      case 5:
        Slow();
        return "slow";
      default:
        Restart(drill_.node, [&] { drill_.node.Kill(); });
        return "kill";
    }
  }
  void Wait(Millis span) { std::this_thread::sleep_for(span); }

 private:
  size_t Below(size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random_); }

  // What a hole forgot would be missing from the stream: the connection ends with it.
  void BlackHole(Hole kind) {
    Faults hole;
    hole.hole = kind;
    drill_.proxy->SetBoth(hole);
    Wait(Millis(200 + Below(1000)));
    drill_.proxy->End(Ending::kReset);
    drill_.proxy->Restore();
  }
  void Slow() {
    Faults slow;
    slow.delay = Millis(Below(40));
    slow.jitter = Millis(Below(20));
    slow.segment = 1 + Below(100);
    drill_.proxy->SetBoth(slow);
    Wait(1s);
    drill_.proxy->Restore();
  }

  Drill& drill_;
  std::mt19937_64 random_;
};

uint64_t Seed() {
  const char* seed = std::getenv("SIDECAR_DRILL_SEED");
  return seed != nullptr ? std::strtoull(seed, nullptr, 10) : 20261124;
}

void CheckFlat(Figures& figures, const std::string& what, size_t first, size_t last, size_t room) {
  figures.Add(what + "_first_third", first);
  figures.Add(what + "_last_third", last);
  INFO(what << ": " << first << ", then " << last);
  CHECK(last <= first + room);
}

TEST_CASE("soak: a fault every few seconds", "[drill]") {
  DrillOptions options;
  options.proxied = true;
  options.sidecar.amqp = "  heartbeat: 2s\n";
  Drill drill("soak", options);
  drill.node.SyncDeclarations();
  const uint64_t seed = Seed();
  drill.figures.Add("seed", seed);
  LoadOptions load;
  load.messages_per_second = 2000;
  load.deadline = 30s;
  drill.StartLoad(load);
  REQUIRE(drill.load->WaitForOk(4000));
  Nemesis nemesis(drill, seed);
  std::map<std::string, int> strikes;
  const Sampler sampler(*drill.sidecar, 100ms);
  const auto end = Clock::now() + Form(Millis(20s), Millis(600s));
  const Millis pause = Form(Millis(2s), Millis(5s));
  size_t faults = 0;
  while (Clock::now() < end) {
    const auto start = Clock::now();
    ++strikes[nemesis.Strike()];
    ++faults;
    std::this_thread::sleep_until(start + pause);
    REQUIRE(drill.load->WaitForOk(1, 30s));
  }
  for (const auto& [name, count] : strikes) drill.figures.Add(name, count);
  // The beginning is warming up: buffers grow to what the load needs.
  const Usage first = sampler.Median(0.1, 0.4);
  const Usage last = sampler.Median(0.67, 1);
  CheckFlat(drill.figures, "resident_bytes", first.resident_bytes, last.resident_bytes,
            first.resident_bytes / 10 + (4u << 20));
  CheckFlat(drill.figures, "descriptors", first.descriptors, last.descriptors, 2);
  // gRPC keeps a few threads for what is rare, and starts them when it comes up.
  CheckFlat(drill.figures, "threads", first.threads, last.threads, 3);
  // A cut takes the link twice: to have it cut anew, and by the cut.
  drill.End(2 * faults);
}

}  // namespace
}  // namespace amqp_sidecar::test
