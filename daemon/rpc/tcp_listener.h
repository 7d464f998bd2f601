// ListenTcp: a TCP address that the sidecar is reached by, listened on. Any thread.
#pragma once

#include "absl/status/statusor.h"
#include "base/unique_fd.h"
#include "rpc/listen_address.h"

namespace amqp_sidecar::rpc {

// `address` is TCP; its port becomes the one that the system chose where it was 0. What is accepted
// on the socket, which does not block, sends without delay. FAILED_PRECONDITION with the system's
// reason; also where another process listens there, whatever it would share.
absl::StatusOr<base::UniqueFd> ListenTcp(ListenAddress& address);

}  // namespace amqp_sidecar::rpc
