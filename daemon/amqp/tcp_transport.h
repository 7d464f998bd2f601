// TcpDialer: makes non-blocking TCP transports on the event loop. Names are resolved on a thread of
// their own, all addresses of a name are tried in turn. io thread.
#pragma once

#include <memory>

#include "amqp/transport.h"
#include "base/event_loop.h"

namespace amqp_sidecar::amqp {

// `loop` is not owned and outlives the dialer and its transports. TCP_NODELAY; TCP_USER_TIMEOUT is
// left to the link.
std::unique_ptr<Dialer> NewTcpDialer(base::EventLoop& loop);

}  // namespace amqp_sidecar::amqp
