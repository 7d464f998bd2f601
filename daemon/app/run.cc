#include "app/run.h"

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <thread>

#include "absl/synchronization/mutex.h"
#include "app/daemon.h"
#include "app/exit_code.h"
#include "app/online_check.h"
#include "app/settings.h"
#include "base/log.h"

namespace amqp_sidecar::app {
namespace {

int RefuseConfig(const absl::Status& status) {
  std::cerr << "amqp-sidecar: configuration: " << std::string(status.message()) << std::endl;
  return kExitConfig;
}

absl::StatusOr<Settings> Load(const ConfigSources& sources) {
  const absl::StatusOr<config::v1::Config> config = ReadConfig(sources);
  if (!config.ok()) return config.status();
  return ToSettings(*config);
}

// As far as it may: every client takes a descriptor.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

// Debian builds Abseil's mutexes, which are gRPC's too, with the search for deadlocks of a debug
// build: a graph of who holds what, renewed at every lock.
void LockWithoutAGraph() { absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore); }

// The signals that ask for the end, blocked in every thread, to be waited for.
sigset_t BlockSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return set;
}

int WaitForSignal(const sigset_t& set) {
  int signal = 0;
  sigwait(&set, &signal);
  return signal;
}

// Whatever the drain waits for, a second signal ends the process.
void EndAtSecondSignal(const sigset_t& set) {
  std::thread([set] {
    WaitForSignal(set);
    static constexpr char kLine[] = "amqp-sidecar: second signal: ended without draining\n";
    [[maybe_unused]] const ssize_t ignored = ::write(STDERR_FILENO, kLine, sizeof kLine - 1);
    ::_exit(kExitFailure);
  }).detach();
}

}  // namespace

int RunDaemon(const ConfigSources& sources) {
  absl::StatusOr<Settings> settings = Load(sources);
  if (!settings.ok()) return RefuseConfig(settings.status());
  RaiseDescriptorLimit();
  LockWithoutAGraph();
  const sigset_t signals = BlockSignals();
  base::StartLog(settings->log_level, settings->log_format);
  {
    Daemon daemon(*std::move(settings));
    if (const absl::Status status = daemon.Start(); !status.ok()) {
      base::StopLog();
      return RefuseConfig(status);
    }
    for (const std::string& address : daemon.addresses()) {
      std::cout << "listening on " << address << std::endl;
    }
    WaitForSignal(signals);
    EndAtSecondSignal(signals);
    daemon.Drain();
  }
  base::StopLog();
  return kExitOk;
}

int CheckConfig(const ConfigSources& sources, std::optional<base::Duration> online) {
  absl::StatusOr<Settings> settings = Load(sources);
  if (!settings.ok()) return RefuseConfig(settings.status());
  if (online) {
    LockWithoutAGraph();
    return CheckOnline(*std::move(settings), *online, std::cout, std::cerr);
  }
  std::cout << "configuration is good\n";
  return kExitOk;
}

}  // namespace amqp_sidecar::app
