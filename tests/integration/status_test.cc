// StatusService, /readyz and /metrics in every state of the link, and with an io thread that is
// stuck.
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <csignal>
#include <optional>

#include "integration/world.h"
#include "support/frozen_thread.h"
#include "support/metrics_text.h"
#include "support/status.h"

namespace amqp_sidecar::test {
namespace {

class Watch {
 public:
  Watch(Client& client, std::chrono::milliseconds interval)
      : stub_(pb::StatusService::NewStub(client.channel())) {
    pb::WatchStatusRequest request;
    *request.mutable_interval() =
        google::protobuf::util::TimeUtil::MillisecondsToDuration(interval.count());
    SetDeadline(context_, 60s);
    reader_ = stub_->WatchStatus(&context_, request);
  }
  ~Watch() { context_.TryCancel(); }

  // The next; nothing at the end.
  std::optional<pb::SidecarStatus> Next() {
    pb::WatchStatusResponse response;
    if (!reader_->Read(&response)) return std::nullopt;
    return response.status();
  }
  // Reads on until one is in this state.
  bool UntilState(pb::ConnectionState state) {
    while (const auto status = Next()) {
      if (status->connection().state() == state) return true;
    }
    return false;
  }
  Outcome End() { return OutcomeOf(reader_->Finish()); }

 private:
  std::unique_ptr<pb::StatusService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<pb::WatchStatusResponse>> reader_;
};

bool HasEvent(const pb::SidecarStatus& status, const std::string& what) {
  return std::ranges::any_of(status.recent_events(),
                             [&](const auto& event) { return event.what() == what; });
}

TEST_CASE("The status names the broker and says that it is ready") {
  World world;
  const pb::SidecarStatus status = StatusOf(world.client);
  CHECK(status.readiness() == "ready");
  CHECK(status.connection().state() == pb::CONNECTION_STATE_READY);
  CHECK(status.connection().endpoint() == "127.0.0.1:" + std::to_string(world.node.port()));
  CHECK(status.connection().broker_product() == "RabbitMQ");
  CHECK(!status.connection().broker_version().empty());
  CHECK(status.connection().channels_max() > 0);
  CHECK(status.topology_declared());
  CHECK_THAT(RunSidecar({"--version"}).output(), ContainsSubstring(status.version()));
  CHECK(!status.has_stalled());
  CHECK(HasEvent(status, "connected to the broker"));
}

TEST_CASE("The channels in use are told, also those of a subscription that went") {
  World world;
  const std::string queue = world.names.Queue();
  REQUIRE(world.client.Publish(JsonMessage("", queue)).ok());
  const auto channels = [&] { return StatusOf(world.client).connection().channels_open(); };
  const uint32_t before = channels();
  {
    Subscription subscription(world.client, queue);
    REQUIRE(subscription.WaitForEvents(1));
    CHECK(Eventually(5s, [&] { return channels() == before + 1; }));
  }
  CHECK(Eventually(5s, [&] { return channels() == before; }));
}

TEST_CASE("The status is told while the broker is away, with why and when it is tried again") {
  SidecarOptions options;
  options.uri = "amqp://guest@127.0.0.1:" + std::to_string(FreePort()) + "/";
  options.amqp = "  reconnect: {initial_backoff: 30s, max_backoff: 60s}\n";
  SidecarProcess sidecar(options);
  Client client(sidecar.target());
  REQUIRE(Eventually(10s, [&] {
    return StatusOf(client).connection().state() == pb::CONNECTION_STATE_BACKING_OFF;
  }));
  const pb::SidecarStatus status = StatusOf(client);
  CHECK_THAT(status.connection().last_error(), ContainsSubstring("refused"));
  CHECK(status.connection().has_next_attempt_at());
  CHECK_THAT(status.readiness(), ContainsSubstring("not ready: no connection to 127.0.0.1"));
  CHECK(status.readiness() + "\n" == HttpGet(sidecar.admin_port(), "/readyz").body);
  CHECK(status.connection().channels_open() == 0);
  const MetricsText metrics(HttpGet(sidecar.admin_port(), "/metrics").body);
  CHECK(metrics["link_up{connection=\"publish\"}"] == 0);
}

TEST_CASE("Who watches is told of a lost link at once, and of its return") {
  ProxiedWorld world;
  Watch watch(world.client, std::chrono::hours(1));
  REQUIRE(watch.UntilState(pb::CONNECTION_STATE_READY));
  world.proxy.TakeAway();
  REQUIRE(watch.UntilState(pb::CONNECTION_STATE_BACKING_OFF));
  world.proxy.Restore();
  REQUIRE(watch.UntilState(pb::CONNECTION_STATE_READY));
  const pb::SidecarStatus status = StatusOf(world.client);
  CHECK(status.connection().reconnects() == 1);
  CHECK(HasEvent(status, "connection to the broker lost"));
  const MetricsText metrics(HttpGet(world.sidecar.admin_port(), "/metrics").body);
  CHECK(metrics["link_reconnects_total{connection=\"publish\"}"] == 1);
}

TEST_CASE("Who watches is told again in every interval, and when the sidecar drains") {
  World world;
  Watch watch(world.client, 100ms);
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 5; ++i) REQUIRE(watch.Next());
  CHECK(std::chrono::steady_clock::now() - start < 10s);
  world.sidecar.Signal(SIGTERM);
  while (watch.Next()) continue;
  CHECK(watch.End().code == grpc::StatusCode::UNAVAILABLE);
}

TEST_CASE("An interval that is too short is refused") {
  World world;
  Watch watch(world.client, 10ms);
  CHECK(!watch.Next());
  CHECK(watch.End().code == grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_CASE("With a stuck io thread the status, /metrics and /readyz answer, and say so") {
  World world;
  std::optional<FrozenThread> io(std::in_place, world.sidecar.pid(), "io");
  const auto stalled = [&] { return StatusOf(world.client).stalled().seconds(); };
  CHECK(Eventually(10s, [&] { return stalled() >= 2; }));
  CHECK_THAT(StatusOf(world.client).readiness(),
             ContainsSubstring("not ready: the thread that talks to the broker is stuck"));
  const HttpAnswer ready = HttpGet(world.sidecar.admin_port(), "/readyz");
  CHECK(ready.status == 503);
  CHECK_THAT(ready.body, ContainsSubstring("stuck"));
  CHECK(HttpGet(world.sidecar.admin_port(), "/healthz").status == 200);
  const MetricsText metrics(HttpGet(world.sidecar.admin_port(), "/metrics").body);
  CHECK(metrics["io_stalled_seconds"].value_or(0) >= 2);
  io.reset();
  CHECK(Eventually(10s, [&] { return !StatusOf(world.client).has_stalled(); }));
  CHECK(Eventually(
      10s, [&] { return HttpGet(world.sidecar.admin_port(), "/readyz").body == "ready\n"; }));
}

TEST_CASE("The time that the broker blocked publishes is counted, and goes on counting",
          "[disturbs]") {
  World world({}, RabbitmqNode::Disturbed());
  const std::string queue = world.names.Queue();
  const auto blocked = [&] {
    const MetricsText metrics(HttpGet(world.sidecar.admin_port(), "/metrics").body);
    return metrics["link_blocked_seconds_total{connection=\"publish\"}"].value_or(-1);
  };
  CHECK(blocked() == 0);
  OnExit calm([&] { world.node.Ctl({"set_vm_memory_high_watermark", "0.4"}); });
  world.node.Ctl({"set_vm_memory_high_watermark", "0.00001"});
  CHECK(!world.client.Publish(JsonMessage("", queue), 1s).ok());
  REQUIRE(Eventually(5s, [&] {
    return StatusOf(world.client).connection().state() == pb::CONNECTION_STATE_BLOCKED;
  }));
  CHECK_THAT(StatusOf(world.client).readiness(), ContainsSubstring("degraded: "));
  CHECK(Eventually(5s, [&] { return blocked() > 0.5; }));
  calm.Now();
  REQUIRE(Eventually(20s, [&] { return StatusOf(world.client).readiness() == "ready"; }));
  const double after = blocked();
  CHECK(after > 0.5);
  CHECK(Throughout(500ms, [&] { return blocked() == after; }));
}

TEST_CASE("A hostile name of a queue arrives as text") {
  World world;
  const std::string queue = world.names.Reserve("<img src=x>\x1b[31m");
  world.direct.DeclareQueue(queue);
  Subscription subscription(world.client, queue);
  REQUIRE(subscription.WaitForEvents(1));
  // JSON, so that a page can read it; and the log stays on its lines.
  const pb::SidecarStatus status = StatusPage(world.sidecar.admin_port());
  REQUIRE(status.subscriptions_size() == 1);
  CHECK(status.subscriptions(0).queue() == queue);
  CHECK(world.sidecar.output().find('\x1b') == std::string::npos);
}

}  // namespace
}  // namespace amqp_sidecar::test
