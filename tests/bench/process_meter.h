// ProcessMeter: what another process has used so far, and what it holds. Linux only; the process
// must be this user's. Throws when it is gone.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <string>

namespace amqp_sidecar::bench {

class ProcessMeter {
 public:
  explicit ProcessMeter(pid_t pid);

  // Of all its threads, those that have ended included.
  std::chrono::nanoseconds ProcessorTime() const;
  size_t ResidentBytes() const { return Status("VmRSS"); }
  // The most that was resident since ForgetPeak.
  size_t PeakBytes() const { return Status("VmHWM"); }
  void ForgetPeak() const;
  // Its established TCP connections to `port` of any host.
  size_t ConnectionsTo(uint16_t port) const;

 private:
  size_t Status(const std::string& name) const;

  std::string folder_;  // in /proc
  clockid_t clock_;
};

// Of this process.
std::chrono::nanoseconds OwnProcessorTime();

}  // namespace amqp_sidecar::bench
