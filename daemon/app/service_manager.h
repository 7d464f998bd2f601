// ServiceManager: tells systemd, or whoever set NOTIFY_SOCKET, how the daemon does (Type=notify).
// Main thread. Does nothing where nobody asks. Decides nothing: run.cc does.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"

namespace amqp_sidecar::app {

class ServiceManager {
 public:
  ServiceManager();

  // How often Beat() is wanted; nothing where nobody asks.
  std::optional<base::Duration> period() const { return period_; }

  // It serves: after the start, and after a reload.
  void Ready();
  void Reloading();
  // It drains, which takes `longest` at most: the manager's own limit is raised to that.
  void Stopping(base::Duration longest);

  // `state` is for a person, and told where it has changed. `stalled` is how long the io thread has
  // not come round: for the time of the manager's watchdog, where it has one, and the manager ends
  // the daemon.
  void Beat(const std::string& state, base::Duration stalled);

 private:
  std::optional<base::Duration> period_;
  bool watchdog_ = false;
  std::string state_;
};

}  // namespace amqp_sidecar::app
