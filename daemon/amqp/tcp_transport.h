// TcpTransport: plain bytes over TCP. io thread.
#pragma once

#include <memory>

#include "amqp/endpoint.h"
#include "amqp/resolver.h"
#include "amqp/transport.h"
#include "base/event_loop.h"

namespace amqp_sidecar::amqp {

// Begins to connect. `loop`, `resolver` and `listener` are not owned and outlive the transport.
std::unique_ptr<Transport> NewTcpTransport(base::EventLoop& loop, Resolver& resolver,
                                           const Endpoint& endpoint, base::TimePoint deadline,
                                           Transport::Listener& listener);

}  // namespace amqp_sidecar::amqp
