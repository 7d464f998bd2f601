// SidecarProcess: the daemon itself, run from its binary with a configuration of its own in a
// folder of its own. Gone with the object. One thread at a time.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/subprocess.h"
#include "support/temp_dir.h"

namespace amqp_sidecar::test {

// What goes into the configuration file. The lists are of YAML lines.
struct SidecarOptions {
  std::string uri;                       // of the broker
  std::string amqp;                      // further keys of `amqp:`, as YAML indented by two
  std::string more;                      // further top-level keys, as YAML
  std::vector<std::string> listen = {};  // besides the Unix socket
  std::vector<std::string> environment = {};
  std::vector<std::string> more_uris = {};  // of brokers, behind `uri`
  std::string umask = "";                   // such as "0000"; empty: the test's own
  std::string socket = "";                  // empty: sidecar.sock in the process's own folder
  // In front of the daemon's own command line, such as {"unshare", "-m"}; must end in exec.
  std::vector<std::string> wrapper = {};
  std::string binary = "";  // empty: the one that was built with the tests
};

class SidecarProcess {
 public:
  // Starts it and waits until it answers calls; throws with its output when it does not.
  explicit SidecarProcess(const SidecarOptions& options);

  pid_t pid() const { return process_->pid(); }
  const std::string& socket() const { return socket_; }
  // For a gRPC client.
  std::string target() const { return "unix:" + socket_; }
  uint16_t admin_port() const { return admin_port_; }
  const std::string& config_file() const { return config_file_; }
  const TempDir& dir() const { return dir_; }

  // Waits until /readyz says "ready": the link is up and the topology declared. Throws if not.
  void WaitReady(std::chrono::milliseconds deadline = std::chrono::seconds(10)) const;

  void Signal(int signal) const { process_->Signal(signal); }
  std::optional<int> Wait(std::chrono::milliseconds deadline) { return process_->Wait(deadline); }
  // SIGTERM, and the exit code; throws if it has not ended at the deadline.
  int Stop(std::chrono::milliseconds deadline = std::chrono::seconds(15));

  std::string out() const { return process_->out(); }
  std::string output() const { return process_->output(); }

  // Resident memory, in bytes.
  size_t ResidentBytes() const;
  // Open file descriptors, and threads.
  size_t Descriptors() const;
  size_t Threads() const;
  // Processor time used so far by all its threads.
  std::chrono::milliseconds ProcessorTime() const;

 private:
  TempDir dir_;
  std::string socket_;
  uint16_t admin_port_;
  std::string config_file_;
  std::unique_ptr<Subprocess> process_;
};

// The daemon's binary.
std::string SidecarBinary();
// One run of it to its end, for the other verbs.
RunResult RunSidecar(std::vector<std::string> arguments, std::vector<std::string> environment = {},
                     std::chrono::milliseconds deadline = std::chrono::seconds(20));

}  // namespace amqp_sidecar::test
