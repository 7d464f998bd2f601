#include "app/service_manager.h"

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "app/one_line.h"

namespace amqp_sidecar::app {
namespace {

// Soon enough for a person who looks at the state.
constexpr base::Duration kPeriod = std::chrono::seconds(1);

// Whoever does not listen to us does not need to: what goes wrong here changes nothing.
void Notify(const std::string& text) { (void)sd_notify(0, text.c_str()); }

int64_t Micros(base::Duration duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

}  // namespace

ServiceManager::ServiceManager() {
  if (std::getenv("NOTIFY_SOCKET") == nullptr) return;
  period_ = kPeriod;
  uint64_t watchdog = 0;
  watchdog_ = sd_watchdog_enabled(0, &watchdog) > 0;
  if (watchdog_) {
    // Three fit into the time.
    period_ = std::min<base::Duration>(kPeriod, std::chrono::microseconds(watchdog / 4));
  }
}

void ServiceManager::Ready() { Notify("READY=1"); }

// The time is for Type=notify-reload, of systemd 253.
void ServiceManager::Reloading() {
  const base::Duration now = std::chrono::steady_clock::now().time_since_epoch();
  Notify(absl::StrCat("RELOADING=1\nMONOTONIC_USEC=", Micros(now)));
}

void ServiceManager::Stopping(base::Duration longest) {
  Notify(absl::StrCat("STOPPING=1\nSTATUS=draining\nEXTEND_TIMEOUT_USEC=", Micros(longest)));
}

void ServiceManager::Beat(const std::string& state, base::Duration stalled) {
  std::string text;
  if (state != state_) {
    state_ = state;
    text = absl::StrCat("STATUS=", OneLine(state), "\n");
  }
  if (watchdog_ && stalled < *period_) absl::StrAppend(&text, "WATCHDOG=1\n");
  if (!text.empty()) Notify(text);
}

}  // namespace amqp_sidecar::app
