// Drill: streams and calls that go on pushing while the broker stands still. What the sidecar holds
// stays bounded, each message is answered, and everything goes on afterwards.
#include <algorithm>
#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "drills/drill.h"
#include "drills/sampler.h"
#include "support/publish_stream.h"

namespace amqp_sidecar::test {
namespace {

constexpr size_t kWindowBytes = 8u << 20;
constexpr size_t kBatch = 32;
constexpr size_t kBodyBytes = 1024;
constexpr int kStreams = 4;

// One stream that sends as fast as it may, until it is told to stop.
class Pusher {
 public:
  Pusher(const std::string& target, std::string queue)
      : client_(target),
        stream_(client_, 0ms),
        queue_(std::move(queue)),
        thread_([this] { Run(); }) {}
  ~Pusher() { Stop(); }
  Pusher(const Pusher&) = delete;
  Pusher& operator=(const Pusher&) = delete;

  // What was sent and not answered is answered after it.
  void Stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  PublishStream& stream() { return stream_; }

 private:
  void Run() {
    const std::string body = "\"" + std::string(kBodyBytes - 2, 'x') + "\"";
    for (uint64_t next = 0; !stop_;) {
      PublishStream::Items items;
      for (size_t i = 0; i < kBatch; ++i)
        items.push_back(Item(next++, JsonMessage("", queue_, body)));
      if (!stream_.Send(items, 90s)) return;
    }
  }

  Client client_;
  PublishStream stream_;
  const std::string queue_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

// By message id, which the sidecar gave.
struct Outcomes {
  std::set<std::string> ok;
  std::set<std::string> unknown;
  std::set<std::string> no;
};

void AddResults(const PublishStream& stream, Outcomes& outcomes) {
  for (const pb::PublishResult& result : stream.results()) {
    if (result.code() == 0) {
      outcomes.ok.insert(result.message_id());
      continue;
    }
    INFO(result.reason() << ": " << result.detail());
    // Slowed, and never told that it is too much.
    CHECK((result.reason() == "OUTCOME_UNKNOWN" || result.reason() == "BROKER_UNAVAILABLE"));
    const bool no = result.persisted() == pb::PERSISTED_NO;
    (no ? outcomes.no : outcomes.unknown).insert(result.message_id());
  }
}

size_t CountIn(const std::set<std::string>& ids, const std::set<std::string>& among) {
  return static_cast<size_t>(std::count_if(
      ids.begin(), ids.end(), [&](const std::string& id) { return among.contains(id); }));
}

TEST_CASE("row 11: streams push while the broker stands still", "[drill]") {
  DrillOptions options;
  options.sidecar.more = "limits: {max_in_flight_bytes: " + std::to_string(kWindowBytes) + "}\n";
  Drill drill("11-streams", options);
  const std::string queue = drill.names.Queue();
  LoadOptions calls;
  calls.in_flight = 64;
  calls.deadline = 3s;
  drill.StartLoad(calls);
  std::vector<std::unique_ptr<Pusher>> pushers;
  for (int i = 0; i < kStreams; ++i) {
    pushers.push_back(std::make_unique<Pusher>(drill.sidecar->target(), queue));
  }
  const auto results = [&] {
    size_t count = 0;
    for (const auto& pusher : pushers) count += pusher->stream().count();
    return count;
  };
  REQUIRE(Eventually(60s, [&] { return results() > 10'000; }));
  REQUIRE(drill.load->WaitForOk(500));
  const size_t base = drill.sidecar->ResidentBytes();

  const Sampler sampler(*drill.sidecar, 20ms);
  const Millis span = Form(Millis(8s), Millis(30s));
  {
    OnExit thaw([&] { drill.node.Thaw(); });
    drill.node.Freeze();
    CHECK(Throughout(span, [&] { return !drill.sidecar->Wait(0ms); }));
    thaw.Now();
  }
  const size_t before = results();
  REQUIRE(drill.load->WaitForOk(500, 60s));
  REQUIRE(Eventually(60s, [&] { return results() > before + 5'000; }));
  const size_t peak = sampler.Peak().resident_bytes;

  Outcomes outcomes;
  size_t sent = 0;
  for (const auto& pusher : pushers) {
    pusher->Stop();
    const Outcome end = pusher->stream().Finish(60s);
    INFO(end);
    CHECK(end.ok());
    CHECK(pusher->stream().count() == pusher->stream().sent());
    AddResults(pusher->stream(), outcomes);
    sent += pusher->stream().sent();
  }
  std::set<std::string> delivered;
  for (const Direct::Message& message : drill.names.direct().Drain(queue)) {
    delivered.insert(message.message_id);
  }
  const size_t lost = outcomes.ok.size() - CountIn(outcomes.ok, delivered);
  const size_t lied = CountIn(outcomes.no, delivered);
  CHECK(lost == 0);
  CHECK(lied == 0);
  drill.figures.Add("streamed", sent);
  drill.figures.Add("streamed_ok", outcomes.ok.size());
  drill.figures.Add("streamed_unknown", outcomes.unknown.size());
  drill.figures.Add("streamed_no", outcomes.no.size());
  drill.figures.Add("window_bytes", kWindowBytes);
  drill.figures.Add("base_bytes", base);
  drill.figures.Add("grown_bytes", peak - std::min(base, peak));
  // Besides what is in flight: the batch that each stream has parked, and what gRPC has of it.
  CHECK(peak <= base + 2 * kWindowBytes);
  for (const auto& [reason, count] : drill.load->failures()) {
    INFO(reason << ": " << count);
    CHECK((reason == "OUTCOME_UNKNOWN/UNKNOWN" || reason == "BROKER_UNAVAILABLE/NO" ||
           reason == "code 4"));
  }
  // In the long form its heartbeats are missing.
  drill.End(LongForm() ? 2 : 1);
}

}  // namespace
}  // namespace amqp_sidecar::test
