// The door: who may come in by it, and what is done about a door that is already there.
#include <signal.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "integration/world.h"

namespace amqp_sidecar::test {
namespace {

constexpr int kConfigurationError = 78;

mode_t ModeOf(const std::string& path) {
  struct stat status{};
  return stat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

RunResult RunWith(const TempDir& dir, const std::string& listen) {
  const std::string config =
      dir.Write("sidecar.yaml", "grpc:\n  listen: [\"" + listen +
                                    "\"]\nadmin: {listen: 127.0.0.1:" + std::to_string(FreePort()) +
                                    "}\n" + "amqp: {uris: [\"amqp://127.0.0.1:1/\"]}\n");
  return RunSidecar({"run", "--config", config});
}

void CheckRefused(const RunResult& result, const std::string& names) {
  INFO(result.output());
  CHECK(result.exit_code == kConfigurationError);
  CHECK_THAT(result.output(), ContainsSubstring(names));
}

TEST_CASE("The socket has mode 0660 whatever the umask") {
  for (const char* umask : {"0000", "0022", "0777"}) {
    INFO(umask);
    SidecarOptions options = ForNode({}, RabbitmqNode::Shared());
    options.umask = umask;
    SidecarProcess sidecar(options);
    CHECK(ModeOf(sidecar.socket()) == 0660);
  }
}

TEST_CASE("The socket's folder is made where it is missing") {
  TempDir dir;
  SidecarOptions options = ForNode({}, RabbitmqNode::Shared());
  options.socket = dir.File("made/for/it/s.sock");
  SidecarProcess sidecar(options);
  CHECK(Client(sidecar.target()).Health() == "SERVING");
}

TEST_CASE("A socket that nobody answers on is replaced") {
  TempDir dir;
  SidecarOptions options = ForNode({}, RabbitmqNode::Shared());
  options.socket = dir.File("s.sock");
  LeaveStaleSocket(options.socket);
  {
    SidecarProcess sidecar(options);
    CHECK(Client(sidecar.target()).Health() == "SERVING");
    sidecar.Signal(SIGKILL);
    REQUIRE(sidecar.Wait(5s));
    CHECK(std::filesystem::exists(options.socket));
  }
  SidecarProcess again(options);
  CHECK(Client(again.target()).Health() == "SERVING");
}

TEST_CASE("A socket of a live sidecar is left alone, and the second one refuses to start") {
  SidecarProcess first(ForNode({}, RabbitmqNode::Shared()));
  TempDir dir;
  CheckRefused(RunWith(dir, "unix://" + first.socket()), "grpc.listen");
  CHECK(Client(first.target()).Health() == "SERVING");
}

TEST_CASE("A file that is no socket is left alone, and the sidecar refuses to start") {
  TempDir dir;
  const std::string file = dir.Write("precious", "text");
  CheckRefused(RunWith(dir, "unix://" + file), "grpc.listen");
  CHECK(ReadFile(file) == "text");
}

TEST_CASE("A socket path that is too long is refused by its key") {
  TempDir dir;
  CheckRefused(RunWith(dir, "unix://" + dir.File(std::string(120, 's'))), "grpc.listen");
}

TEST_CASE("TCP listens on loopback") {
  SidecarOptions options = ForNode({}, RabbitmqNode::Shared());
  const uint16_t port = FreePort();
  options.listen = {"127.0.0.1:" + std::to_string(port)};
  SidecarProcess sidecar(options);
  CHECK(Client("127.0.0.1:" + std::to_string(port)).Health() == "SERVING");
  CHECK(Eventually(5s, [&] {
    return sidecar.output().find("127.0.0.1:" + std::to_string(port)) != std::string::npos;
  }));
}

TEST_CASE("Any other TCP address is refused while there is no TLS for it") {
  TempDir dir;
  for (const char* address : {"0.0.0.0:7672", "192.0.2.1:7672", "[::]:7672", ":7672"}) {
    INFO(address);
    CheckRefused(RunWith(dir, address), "grpc.listen");
  }
}

TEST_CASE("A TCP port that is taken is refused by its key") {
  const RabbitmqNode node = RabbitmqNode::Shared();
  TempDir dir;
  CheckRefused(RunWith(dir, "127.0.0.1:" + std::to_string(node.port())), "grpc.listen");
}

TEST_CASE("The sidecar takes as many descriptors as it may, not as few as it is given") {
  SidecarOptions options;
  options.wrapper = {"sh", "-c", "ulimit -Sn 64 && ulimit -Hn 4096 && exec \"$@\"", "sh"};
  SidecarProcess sidecar(ForNode(options, RabbitmqNode::Shared()));
  std::ifstream limits("/proc/" + std::to_string(sidecar.pid()) + "/limits");
  std::string soft;
  for (std::string line; std::getline(limits, line);) {
    if (line.starts_with("Max open files")) std::istringstream(line.substr(14)) >> soft;
  }
  CHECK(soft == "4096");
}

TEST_CASE("The sidecar says each address that it listens on") {
  SidecarProcess sidecar(ForNode({}, RabbitmqNode::Shared()));
  const std::string admin = "127.0.0.1:" + std::to_string(sidecar.admin_port());
  // What it has written comes to us a little later.
  CHECK(Eventually(5s, [&] { return sidecar.out().find(sidecar.socket()) != std::string::npos; }));
  CHECK(Eventually(5s, [&] { return sidecar.out().find(admin) != std::string::npos; }));
}

}  // namespace
}  // namespace amqp_sidecar::test
