#include "app/run.h"

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <initializer_list>
#include <iostream>
#include <thread>

#include "absl/synchronization/mutex.h"
#include "app/daemon.h"
#include "app/exit_code.h"
#include "app/load_settings.h"
#include "app/online_check.h"
#include "app/reload.h"
#include "base/log.h"

namespace amqp_sidecar::app {
namespace {

int RefuseConfig(const absl::Status& status) {
  std::cerr << "amqp-sidecar: configuration: " << std::string(status.message()) << std::endl;
  return kExitConfig;
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

sigset_t SetOf(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  return set;
}

// In every thread, to be waited for.
void Block(const sigset_t& set) { pthread_sigmask(SIG_BLOCK, &set, nullptr); }

int WaitForSignal(const sigset_t& set) {
  int signal = 0;
  sigwait(&set, &signal);
  return signal;
}

// Until a signal asks for the end.
void Serve(Reload& reload) {
  const sigset_t set = SetOf({SIGTERM, SIGINT, SIGHUP});
  while (WaitForSignal(set) == SIGHUP) reload.Run();
}

// Whatever the drain waits for, a second signal ends the process. SIGHUP stays blocked.
void EndAtSecondSignal() {
  std::thread([] {
    WaitForSignal(SetOf({SIGTERM, SIGINT}));
    static constexpr char kLine[] = "amqp-sidecar: second signal: ended without draining\n";
    [[maybe_unused]] const ssize_t ignored = ::write(STDERR_FILENO, kLine, sizeof kLine - 1);
    ::_exit(kExitFailure);
  }).detach();
}

}  // namespace

int RunDaemon(const ConfigSources& sources) {
  // First: one that comes this early is waited for later, and ends nothing.
  Block(SetOf({SIGHUP}));
  absl::StatusOr<LoadedSettings> loaded = LoadSettings(sources);
  if (!loaded.ok()) return RefuseConfig(loaded.status());
  RaiseDescriptorLimit();
  LockWithoutAGraph();
  Block(SetOf({SIGTERM, SIGINT}));
  std::signal(SIGPIPE, SIG_IGN);
  base::StartLog(loaded->settings.log_level, loaded->settings.log_format);
  {
    Daemon daemon(std::move(loaded->settings));
    Reload reload(sources, std::move(loaded->config), [&](json::Validator::Options validation) {
      daemon.SetValidation(std::move(validation));
    });
    if (const absl::Status status = daemon.Start(); !status.ok()) {
      base::StopLog();
      return RefuseConfig(status);
    }
    for (const std::string& address : daemon.addresses()) {
      std::cout << "listening on " << address << std::endl;
    }
    Serve(reload);
    EndAtSecondSignal();
    daemon.Drain();
  }
  base::StopLog();
  return kExitOk;
}

int CheckConfig(const ConfigSources& sources, std::optional<base::Duration> online) {
  absl::StatusOr<LoadedSettings> loaded = LoadSettings(sources);
  if (!loaded.ok()) return RefuseConfig(loaded.status());
  if (online) {
    LockWithoutAGraph();
    return CheckOnline(std::move(loaded->settings), *online, std::cout, std::cerr);
  }
  std::cout << "configuration is good\n";
  return kExitOk;
}

}  // namespace amqp_sidecar::app
