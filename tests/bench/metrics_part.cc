#include "bench/metrics_part.h"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "bench/json.h"
#include "bench/sides_part.h"
#include "support/client.h"
#include "support/net.h"
#include "support/sidecar_process.h"
#include "support/subscription.h"

namespace amqp_sidecar::bench {
namespace {

using Clock = std::chrono::steady_clock;

// Asks for /metrics once a second, between Begin() and End().
class Watcher {
 public:
  explicit Watcher(uint16_t port) : port_(port) {}
  ~Watcher() { End(); }

  void Begin() {
    stopping_ = false;
    thread_ = std::thread([this] { Run(); });
  }
  void End() {
    if (!thread_.joinable()) return;
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  const std::vector<double>& milliseconds() const { return milliseconds_; }
  size_t bytes() const { return bytes_; }

 private:
  void Run() {
    std::unique_lock lock(mutex_);
    do {
      const auto start = Clock::now();
      const test::HttpAnswer answer = test::HttpGet(port_, "/metrics");
      if (answer.status != 200) throw std::runtime_error("no /metrics");
      milliseconds_.push_back(
          std::chrono::duration<double, std::milli>(Clock::now() - start).count());
      bytes_ = answer.body.size();
    } while (!changed_.wait_for(lock, std::chrono::seconds(1), [&] { return stopping_; }));
  }

  const uint16_t port_;
  std::vector<double> milliseconds_;
  size_t bytes_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

test::SidecarOptions OptionsOf(const World& world, const std::string& binary = "") {
  test::SidecarOptions options;
  options.uri = world.uri();
  options.binary = binary;
  return options;
}

// Subscriptions to a queue of its own each, which go with it.
class Subscriptions {
 public:
  Subscriptions(const test::SidecarProcess& sidecar, size_t count) : client_(sidecar.target()) {
    for (size_t i = 0; i < count; ++i) {
      test::pb::SubscribeRequest request;
      request.set_queue("sidecar-bench-watched-" + std::to_string(i));
      test::pb::DeclareTopologyRequest declare;
      declare.add_queues()->set_name(request.queue());
      declare.mutable_queues(0)->set_auto_delete(true);
      if (!client_.Declare(declare).ok()) throw std::runtime_error("no queue to subscribe to");
      all_.push_back(std::make_unique<test::Subscription>(client_, request));
    }
    for (const auto& subscription : all_) {
      if (!subscription->WaitForEvents(1))
        throw std::runtime_error("a subscription does not begin");
    }
  }

 private:
  test::Client client_;
  std::vector<std::unique_ptr<test::Subscription>> all_;
};

}  // namespace

std::string RunMetricsPart(World& world, const RoundOptions& options,
                           const MetricsOptions& metrics) {
  const test::SidecarProcess watched(OptionsOf(world));
  watched.WaitReady();
  const Subscriptions subscriptions(watched, metrics.subscriptions);
  Watcher watcher(watched.admin_port());
  std::vector<Side> sides = {{.name = "no", .target = watched.target()},
                             {.name = "yes",
                              .target = watched.target(),
                              .before = [&] { watcher.Begin(); },
                              .after = [&] { watcher.End(); }}};
  std::optional<test::SidecarProcess> other;
  if (!metrics.other_daemon.empty()) {
    other.emplace(OptionsOf(world, metrics.other_daemon));
    other->WaitReady();
    sides.push_back({.name = "other", .target = other->target()});
  }
  JsonObject object;
  object.Json("publish", RunSidesPart(world, options, "metrics", "watched", sides));
  std::vector<std::string> times;
  for (const double time : watcher.milliseconds()) times.push_back(std::to_string(time));
  object.Json("scrape_ms", JsonArray(times));
  object.Number("scrape_bytes", static_cast<double>(watcher.bytes()));
  return object.str();
}

}  // namespace amqp_sidecar::bench
