// Drills: a broker too slow for its publishers, and clients too many for the sidecar. What it holds
// stays bounded, and who must be answered is.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <iostream>

#include "drills/drill.h"
#include "drills/memory_group.h"
#include "drills/sampler.h"

namespace amqp_sidecar::test {
namespace {

constexpr size_t kWindowBytes = 8u << 20;

// Twice what the sidecar may hold is asked of it, all the time.
DrillOptions SmallWindow() {
  DrillOptions options;
  options.proxied = true;
  options.sidecar.more = "limits: {max_in_flight_bytes: " + std::to_string(kWindowBytes) + "}\n";
  return options;
}

LoadOptions Greedy() {
  LoadOptions load;
  load.body_bytes = 16 * 1024;
  load.in_flight = static_cast<int>(2 * kWindowBytes / load.body_bytes);
  load.deadline = 3s;
  return load;
}

// What a load takes without a fault: the most that it ever took, once that has not grown for five
// seconds. The allocator keeps what it once had to give, and that comes by and by.
size_t Plateau(const Sampler& sampler) {
  size_t peak = 0;
  auto since = Clock::now();
  const bool flat = Eventually(60s, [&] {
    const size_t now = sampler.Peak().resident_bytes;
    if (now > peak + (1u << 20)) {
      peak = now;
      since = Clock::now();
    }
    return Clock::now() - since >= 5s;
  });
  CHECK(flat);
  return sampler.Peak().resident_bytes;
}

void CheckMemory(Drill& drill, const std::string& what, size_t base, const Sampler& sampler) {
  const size_t peak = sampler.Peak().resident_bytes;
  const size_t grown = peak - std::min(base, peak);
  drill.figures.Add(what + "_grown_bytes", grown);
  INFO(what);
  // What is asked of it is twice the window: more than that would be something that piles up.
  CHECK(grown <= 2 * kWindowBytes);
}

void CheckFailuresOfTheSlow(const Load& load) {
  for (const auto& [reason, count] : load.failures()) {
    INFO(reason << ": " << count);
    // Code 4, without a reason, is the caller's own clock on a machine that is busy.
    CHECK((reason == "LIMIT_EXCEEDED/NO" || reason == "OUTCOME_UNKNOWN/UNKNOWN" ||
           reason == "BROKER_UNAVAILABLE/NO" || reason == "code 4"));
  }
}

TEST_CASE("row 11: broker that is slow", "[drill]") {
  Drill drill("11", SmallWindow());
  drill.figures.Add("window_bytes", kWindowBytes);
  drill.StartLoad(Greedy());
  REQUIRE(drill.load->WaitForOk(2000));
  const Millis span = Form(Millis(3s), Millis(30s));
  // The bounds are met without a fault, too: that much memory is what the load itself takes.
  size_t base = 0;
  {
    const Sampler sampler(*drill.sidecar, 20ms);
    base = Plateau(sampler);
  }
  drill.figures.Add("base_bytes", base);
  {
    const Sampler sampler(*drill.sidecar, 20ms);
    Faults late;
    late.delay = 50ms;
    drill.proxy->SetBoth(late);
    REQUIRE(drill.load->WaitForOk(Form<size_t>(500, 20'000), 120s));
    CheckMemory(drill, "delay_50ms", base, sampler);
  }
  {
    const Sampler sampler(*drill.sidecar, 20ms);
    Faults narrow;
    narrow.bytes_per_second = 125'000;
    drill.proxy->SetBoth(narrow);
    CHECK(Throughout(span, [&] { return !drill.sidecar->Wait(0ms); }));
    CheckMemory(drill, "rate_1mbit", base, sampler);
  }
  drill.proxy->Restore();
  REQUIRE(drill.load->WaitForOk(500));
  {
    const Sampler sampler(*drill.sidecar, 20ms);
    OnExit thaw([&] { drill.node.Thaw(); });
    drill.node.Freeze();
    CHECK(Throughout(span / 2 + 2s, [&] { return !drill.sidecar->Wait(0ms); }));
    thaw.Now();
    REQUIRE(drill.load->WaitForOk(500));
    CheckMemory(drill, "frozen", base, sampler);
  }
  CheckFailuresOfTheSlow(*drill.load);
  CHECK(drill.load->failures().count("LIMIT_EXCEEDED/NO") == 1);
  // A frozen broker of the long form is one whose heartbeats are missing.
  drill.End(LongForm() ? 2 : 0);
}

// Clients that all publish at once, each with several in flight, until each has had its answers.
// Somebody asks for the sidecar's health meanwhile.
void Flood(Drill& drill, int clients, Millis slowest_health) {
  std::vector<std::unique_ptr<Client>> crowd;
  for (int i = 0; i < clients; ++i) {
    crowd.push_back(std::make_unique<Client>(drill.sidecar->target()));
  }
  const Sampler sampler(*drill.sidecar, 20ms);
  std::atomic<int> busy = clients;
  std::atomic<size_t> ok = 0;
  std::atomic<size_t> told = 0;
  std::atomic<size_t> untold = 0;
  std::vector<std::thread> threads;
  for (auto& client : crowd) {
    threads.emplace_back([&] {
      const std::vector<pb::PublishRequest> requests(100, JsonMessage("", drill.classic));
      for (const Outcome& outcome : client->PublishAll(requests, 10, 60s)) {
        ++(outcome.ok() ? ok : outcome.reason.empty() ? untold : told);
      }
      --busy;
    });
  }
  std::vector<Millis> health;
  Client operators(drill.sidecar->target());
  while (busy > 0) {
    const auto start = Clock::now();
    CHECK(operators.Health() == "SERVING");
    health.push_back(std::chrono::duration_cast<Millis>(Clock::now() - start));
    std::this_thread::sleep_for(10ms);
  }
  for (std::thread& thread : threads) thread.join();
  std::sort(health.begin(), health.end());
  const Millis p99 = health[health.size() * 99 / 100];
  drill.figures.Add("clients", clients);
  drill.figures.Add("ok", ok.load());
  drill.figures.Add("refused", told.load());
  drill.figures.Add("untold", untold.load());
  drill.figures.Add("health_p99_ms", p99);
  drill.figures.Add("peak_bytes", sampler.Peak().resident_bytes);
  CHECK(untold == 0);
  CHECK(ok + told == static_cast<size_t>(clients) * 100);
  // Beside the flood itself, on the same cores.
  CHECK(p99 <= slowest_health);
  CHECK(sampler.Peak().resident_bytes <= (256u << 20));
  REQUIRE(Eventually(10s, [&] { return Depth(drill.node, drill.classic) == ok; }));
}

TEST_CASE("row 30: flood of clients", "[drill]") {
  Drill drill("30");
  Flood(drill, Form(100, 1000), Form(1000ms, 250ms));
}

TEST_CASE("row 35: flood of clients, and little memory", "[drill]") {
  constexpr size_t kLimit = 128u << 20;
  const std::unique_ptr<MemoryGroup> group = MemoryGroup::Make(kLimit);
  if (group == nullptr) {
    std::cout << "drill skipped: needs root and a memory controller in /sys/fs/cgroup\n";
    return;
  }
  DrillOptions options;
  options.sidecar.wrapper = group->Wrapper();
  Drill drill("35", options);
  // A thousand take about 240 MB, at ten calls in flight each.
  Flood(drill, 100, 1000ms);
  drill.figures.Add("limit_bytes", kLimit);
  drill.figures.Add("group_peak_bytes", group->PeakBytes());
  drill.figures.Add("killed", group->Kills());
  CHECK(group->PeakBytes() > (10u << 20));  // it was in there
  CHECK(group->Kills() == 0);
  CHECK(drill.sidecar->Stop() == 0);
}

// Connections that say nothing. Not blocking: a full backlog refuses them.
class Silent {
 public:
  Silent(const std::string& path, int count) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(path.size() < sizeof address.sun_path);
    std::memcpy(address.sun_path, path.data(), path.size());
    for (int i = 0; i < count; ++i) {
      const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
      fds_.push_back(fd);
    }
  }
  ~Silent() {
    for (const int fd : fds_) close(fd);
  }
  Silent(const Silent&) = delete;
  Silent& operator=(const Silent&) = delete;

 private:
  std::vector<int> fds_;
};

// A crowd takes all the descriptors that there are for clients. Who is in goes on, the link to the
// broker comes back when it is lost, and who comes later is let in once there is room.
TEST_CASE("row 31: file descriptors used up", "[drill]") {
  DrillOptions options;
  options.proxied = true;
  options.sidecar.wrapper = {"sh", "-c", "ulimit -n 64 && exec \"$@\"", "sh"};
  Drill drill("31", options);
  Client before(drill.sidecar->target());
  const auto publish = [&](Client& client) {
    return client.Publish(JsonMessage("", drill.classic), 1s).ok();
  };
  REQUIRE(publish(before));
  const int rounds = Form(2, 20);
  double busiest = 0;
  Millis longest{0};
  for (int i = 0; i < rounds; ++i) {
    INFO("round " << i);
    Client after(drill.sidecar->target());
    {
      const Silent crowd(drill.sidecar->socket(), 200);
      REQUIRE(Eventually(5s, [&] { return drill.sidecar->Descriptors() >= 48; }));
      const auto cpu = drill.sidecar->ProcessorTime();
      const auto start = Clock::now();
      CHECK(Throughout(2s, [&] { return publish(before); }));
      // The publishes cost something, too: about a fifth of a millisecond each.
      const double busy = static_cast<double>((drill.sidecar->ProcessorTime() - cpu).count()) /
                          std::chrono::duration<double, std::milli>(Clock::now() - start).count();
      busiest = std::max(busiest, busy);
      CHECK_FALSE(publish(after));
      CHECK(HttpGet(drill.sidecar->admin_port(), "/healthz").status == 200);
      drill.proxy->End(Ending::kReset);
      CHECK(Eventually(5s, [&] { return publish(before); }));
    }
    const auto gone = Clock::now();
    CHECK(Eventually(5s, [&] { return publish(after); }));
    longest = std::max(longest, std::chrono::duration_cast<Millis>(Clock::now() - gone));
  }
  for (const char* told : {"clients wait to be let in", "clients are let in again"}) {
    INFO(told);
    CHECK(Eventually(5s, [&] { return drill.sidecar->output().find(told) != std::string::npos; }));
  }
  drill.figures.Add("crowds", rounds);
  drill.figures.Add("processor_share", busiest);
  drill.figures.Add("let_in_after_ms", longest);
  CHECK(busiest <= 0.2);
}

}  // namespace
}  // namespace amqp_sidecar::test
