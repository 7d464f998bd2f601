#include "app/run.h"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <initializer_list>
#include <iostream>
#include <optional>
#include <thread>

#include "absl/synchronization/mutex.h"
#include "app/daemon.h"
#include "app/exit_code.h"
#include "app/load_settings.h"
#include "app/online_check.h"
#include "app/reload.h"
#include "app/service_manager.h"
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

// Nothing where none comes in time; without a time, the next one.
std::optional<int> WaitForSignal(const sigset_t& set, std::optional<base::Duration> time) {
  if (!time) {
    int signal = 0;
    sigwait(&set, &signal);
    return signal;
  }
  const auto seconds = std::chrono::floor<std::chrono::seconds>(*time);
  const std::chrono::nanoseconds rest = *time - seconds;
  const timespec span{.tv_sec = seconds.count(), .tv_nsec = rest.count()};
  const int signal = sigtimedwait(&set, nullptr, &span);
  return signal > 0 ? std::optional(signal) : std::nullopt;
}

// Until a signal asks for the end.
void Serve(Daemon& daemon, Reload& reload, ServiceManager& manager) {
  const sigset_t set = SetOf({SIGTERM, SIGINT, SIGHUP});
  manager.Ready();
  while (true) {
    const Daemon::State state = daemon.state();
    manager.Beat(state.text, state.stalled);
    const std::optional<int> signal = WaitForSignal(set, manager.period());
    if (!signal) continue;
    if (*signal != SIGHUP) return;
    manager.Reloading();
    reload.Run();
    manager.Ready();
  }
}

// For what comes after the drain's own time, until the process has ended.
constexpr base::Duration kEndTime = std::chrono::seconds(5);

// Whatever the drain waits for, a second signal ends the process. SIGHUP stays blocked.
void EndAtSecondSignal() {
  std::thread([] {
    WaitForSignal(SetOf({SIGTERM, SIGINT}), std::nullopt);
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
  const base::Duration longest_end = loaded->settings.drain_timeout + kEndTime;
  ServiceManager manager;
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
    Serve(daemon, reload, manager);
    manager.Stopping(longest_end);
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
