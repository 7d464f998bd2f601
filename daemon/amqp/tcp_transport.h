// TcpTransport: plain bytes over TCP. io thread.
#pragma once

#include <memory>

#include "amqp/endpoint.h"
#include "amqp/tcp_socket.h"
#include "amqp/transport.h"
#include "base/clock.h"

namespace amqp_sidecar::amqp {

// Begins to connect. `listener` is not owned and outlives the transport.
std::unique_ptr<Transport> NewTcpTransport(const TcpSocket::Network& network,
                                           const Endpoint& endpoint, base::TimePoint deadline,
                                           Transport::Listener& listener);

}  // namespace amqp_sidecar::amqp
