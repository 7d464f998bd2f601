#include "support/sidecar_process.h"

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <stdexcept>

#include "support/eventually.h"
#include "support/net.h"

namespace amqp_sidecar::test {
namespace {

std::string Yaml(const SidecarOptions& options, const std::string& socket, uint16_t admin_port) {
  std::ostringstream yaml;
  yaml << "grpc:\n  listen:\n    - unix://" << socket << "\n";
  for (const std::string& address : options.listen) yaml << "    - " << address << "\n";
  yaml << "admin:\n  listen: 127.0.0.1:" << admin_port << "\n";
  yaml << "amqp:\n  uris:\n    - \"" << options.uri << "\"\n";
  for (const std::string& uri : options.more_uris) yaml << "    - \"" << uri << "\"\n";
  yaml << options.amqp << "\n";
  yaml << options.more << "\n";
  return yaml.str();
}

size_t CountEntries(const std::string& folder) {
  return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

}  // namespace

std::string SidecarBinary() { return SIDECAR_BINARY; }

RunResult RunSidecar(std::vector<std::string> arguments, std::vector<std::string> environment,
                     std::chrono::milliseconds deadline) {
  arguments.insert(arguments.begin(), SidecarBinary());
  return Run(std::move(arguments), std::move(environment), deadline);
}

SidecarProcess::SidecarProcess(const SidecarOptions& options)
    : socket_(options.socket.empty() ? dir_.File("sidecar.sock") : options.socket),
      admin_port_(FreePort()),
      config_file_(dir_.Write("sidecar.yaml", Yaml(options, socket_, admin_port_))) {
  std::vector<std::string> command = {options.binary.empty() ? SidecarBinary() : options.binary,
                                      "run", "--config", config_file_};
  if (!options.umask.empty()) {
    const std::string script = "umask " + options.umask + " && exec \"$@\"";
    command.insert(command.begin(), {"sh", "-c", script, "sh"});
  }
  command.insert(command.begin(), options.wrapper.begin(), options.wrapper.end());
  process_ = std::make_unique<Subprocess>(command, options.environment);
  const bool up = Eventually(15s, [&] {
    return process_->Wait(0ms) ||
           (output().find(socket_) != std::string::npos && AnswersOnSocket(socket_));
  });
  if (!up || process_->Wait(0ms)) {
    throw std::runtime_error("the sidecar does not start: " + process_->output());
  }
}

void SidecarProcess::WaitReady(std::chrono::milliseconds deadline) const {
  HttpAnswer answer;
  if (Eventually(deadline, [&] {
        answer = HttpGet(admin_port_, "/readyz");
        return answer.status == 200 && answer.body.starts_with("ready");
      })) {
    return;
  }
  throw std::runtime_error("the sidecar does not become ready: " + std::to_string(answer.status) +
                           " " + answer.body + "\n" + output());
}

int SidecarProcess::Stop(std::chrono::milliseconds deadline) {
  Signal(SIGTERM);
  const std::optional<int> code = Wait(deadline);
  if (!code) throw std::runtime_error("the sidecar outlives SIGTERM: " + output());
  return *code;
}

size_t SidecarProcess::ResidentBytes() const {
  std::istringstream statm(ReadFile("/proc/" + std::to_string(pid()) + "/statm"));
  size_t total = 0;
  size_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

size_t SidecarProcess::Descriptors() const {
  return CountEntries("/proc/" + std::to_string(pid()) + "/fd");
}

size_t SidecarProcess::Threads() const {
  return CountEntries("/proc/" + std::to_string(pid()) + "/task");
}

// Fields 14 and 15 of stat, counted from after the command's name, which may hold anything.
std::chrono::milliseconds SidecarProcess::ProcessorTime() const {
  const std::string stat = ReadFile("/proc/" + std::to_string(pid()) + "/stat");
  std::istringstream fields(stat.substr(stat.rfind(')') + 1));
  std::string skipped;
  for (int i = 3; i < 14; ++i) fields >> skipped;
  long user = 0;
  long system = 0;
  fields >> user >> system;
  return Millis((user + system) * 1000 / sysconf(_SC_CLK_TCK));
}

}  // namespace amqp_sidecar::test
