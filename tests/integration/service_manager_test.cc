// What a service manager such as systemd is told, and what its signals do.
#include <signal.h>

#include <algorithm>

#include "integration/world.h"
#include "support/frozen_thread.h"
#include "support/notify_socket.h"

namespace amqp_sidecar::test {
namespace {

constexpr int kConfigurationError = 78;

SidecarOptions Told(const NotifySocket& manager, std::vector<std::string> more = {}) {
  SidecarOptions options;
  options.environment = std::move(more);
  options.environment.push_back(manager.variable());
  return options;
}

// Where a line that begins so is; the number of lines if there is none.
size_t IndexOf(const std::vector<std::string>& lines, const std::string& prefix) {
  const auto at = std::find_if(lines.begin(), lines.end(),
                               [&](const std::string& line) { return line.starts_with(prefix); });
  return static_cast<size_t>(at - lines.begin());
}

// A daemon whose broker is not there, and that nobody waits for.
struct Unwatched {
  explicit Unwatched(const NotifySocket& manager)
      : socket(dir.File("s.sock")),
        process({SidecarBinary(), "run", "--set", "grpc.listen=unix://" + socket, "--set",
                 "admin.listen=127.0.0.1:" + std::to_string(FreePort()), "--set",
                 "amqp.uris=amqp://127.0.0.1:1/"},
                {manager.variable()}) {}

  TempDir dir;
  std::string socket;
  Subprocess process;
};

TEST_CASE("A service manager hears READY as soon as calls are answered, broker or not") {
  NotifySocket manager;
  Unwatched sidecar(manager);
  REQUIRE(manager.Wait("READY=1", 15s));
  // No second try.
  CHECK(AnswersOnSocket(sidecar.socket));
  CHECK(Client("unix:" + sidecar.socket).Health() == "SERVING");
  CHECK(Eventually(5s, [&] {
    const auto& lines = manager.Lines();
    return IndexOf(lines, "STATUS=not ready: no connection to 127.0.0.1:1: ") < lines.size();
  }));
  CHECK(manager.Count("READY=1") == 1);
}

TEST_CASE("The second sidecar on one socket ends with 78 and never says READY, the first goes on") {
  NotifySocket first_manager;
  World world(Told(first_manager));
  NotifySocket second_manager;
  const RunResult second =
      RunSidecar({"run", "--set", "grpc.listen=unix://" + world.sidecar.socket(), "--set",
                  "admin.listen=127.0.0.1:" + std::to_string(FreePort())},
                 {second_manager.variable()});
  INFO(second.output());
  CHECK(second.exit_code == kConfigurationError);
  CHECK_THAT(second.err, ContainsSubstring("grpc.listen: " + world.sidecar.socket()));
  CHECK_THAT(second.err, ContainsSubstring("in use by a running process"));
  CHECK(second_manager.Lines().empty());
  CHECK(world.client.Publish(JsonMessage("", world.names.Queue())).ok());
  CHECK(first_manager.Count("STOPPING=1") == 0);
}

TEST_CASE("The status that a service manager shows is that of the link") {
  NotifySocket manager;
  ProxiedWorld world(Told(manager));
  CHECK(manager.Wait("STATUS=ready", 5s));
  world.proxy.TakeAway();
  CHECK(Eventually(5s, [&] {
    return manager.Lines().back().starts_with("STATUS=not ready: no connection to ");
  }));
  world.proxy.Restore();
  CHECK(manager.Wait("STATUS=ready", 15s, 2));
  // Without a watchdog nobody is told more than what changes.
  CHECK(manager.Count("WATCHDOG=1") == 0);
}

TEST_CASE("A reload is told from its beginning to its end") {
  NotifySocket manager;
  World world(Told(manager));
  REQUIRE(manager.Wait("READY=1", 5s));
  world.sidecar.Signal(SIGHUP);
  CHECK(manager.Wait("READY=1", 5s, 2));
  const auto& lines = manager.Lines();
  CHECK(IndexOf(lines, "READY=1") < IndexOf(lines, "RELOADING=1"));
  CHECK(IndexOf(lines, "MONOTONIC_USEC=") == IndexOf(lines, "RELOADING=1") + 1);
  CHECK(Eventually(
      5s, [&] { return world.sidecar.output().find("validation reloaded") != std::string::npos; }));
}

TEST_CASE("SIGTERM is told at the beginning of the drain, with the time it may take") {
  NotifySocket manager;
  SidecarOptions options = Told(manager);
  options.more = "drain_timeout: 20s\n";
  World world(options);
  const std::string queue = world.names.Queue();
  world.direct.Publish("", queue, "1");
  Subscription subscription(world.client, queue);
  REQUIRE(subscription.WaitForDeliveries(1));
  world.sidecar.Signal(SIGTERM);
  CHECK(manager.Wait("STOPPING=1", 5s));
  CHECK(manager.Count("STATUS=draining") == 1);
  CHECK(manager.Count("EXTEND_TIMEOUT_USEC=25000000") == 1);
  // What is held can still be settled.
  CHECK_FALSE(world.sidecar.Wait(0ms));
  CHECK(world.client.Ack(Ids(subscription.deliveries())).empty());
  CHECK(world.sidecar.Wait(5s) == 0);
}

TEST_CASE("After SIGKILL the next start takes the socket over, and nothing that was held is lost") {
  const RabbitmqNode node = RabbitmqNode::Shared();
  Names names(node);
  const std::string queue = names.Queue();
  names.direct().Publish("", queue, "1");
  TempDir dir;
  NotifySocket manager;
  SidecarOptions options = ForNode(Told(manager), node);
  options.socket = dir.File("s.sock");
  {
    SidecarProcess sidecar(options);
    Client client(sidecar.target());
    Subscription subscription(client, queue);
    REQUIRE(subscription.WaitForDeliveries(1));
    sidecar.Signal(SIGKILL);
    CHECK(sidecar.Wait(5s) == -SIGKILL);
    CHECK(manager.Count("STOPPING=1") == 0);
  }
  SidecarProcess again(options);
  CHECK(manager.Wait("READY=1", 5s, 2));
  Client client(again.target());
  Subscription subscription(client, queue);
  REQUIRE(subscription.WaitForDeliveries(1));
  CHECK(client.Ack(Ids(subscription.deliveries())).empty());
}

TEST_CASE("The watchdog is fed while the io thread comes round, and not while it stands still") {
  NotifySocket manager;
  World world(Told(manager, {"WATCHDOG_USEC=400000"}));
  REQUIRE(manager.Wait("WATCHDOG=1", 5s, 3));
  {
    FrozenThread io(world.sidecar.pid(), "io");
    // What was answered before is still told, once.
    const size_t before = manager.Count("WATCHDOG=1");
    CHECK(Throughout(1s, [&] { return manager.Count("WATCHDOG=1") <= before + 1; }));
    CHECK(HttpGet(world.sidecar.admin_port(), "/healthz").status == 200);
  }
  CHECK(manager.Wait("WATCHDOG=1", 5s, manager.Count("WATCHDOG=1") + 3));
}

}  // namespace
}  // namespace amqp_sidecar::test
