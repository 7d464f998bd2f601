// TcpProbe: can this address be listened on? So that the reason is told in one line, by name. Any
// thread; opens a socket and closes it.
#pragma once

#include "absl/status/status.h"
#include "rpc/listen_address.h"

namespace amqp_sidecar::rpc {

// `address` is TCP. FAILED_PRECONDITION with the system's reason. Port 0 is always free.
absl::Status CheckTcpFree(const ListenAddress& address);

}  // namespace amqp_sidecar::rpc
