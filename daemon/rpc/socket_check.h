// The check of the way to the sidecar: its folder, its file, who may use it, and whether somebody
// listens. The calling thread. Speaks no gRPC: whether the one that listens answers is another
// check.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/clock.h"
#include "rpc/check.h"

namespace amqp_sidecar::rpc {

struct SocketFinding {
  Check check;
  pid_t peer = 0;  // who listens; 0 where the system does not say
};

// Connects, and lets go again, by `deadline`. Changes nothing.
SocketFinding CheckSocket(const std::string& address, base::TimePoint deadline);

// SIGSTOP or a debugger holds it. False where it cannot be told.
bool IsStopped(pid_t process);

}  // namespace amqp_sidecar::rpc
