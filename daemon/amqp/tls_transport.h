// TlsTransport: bytes over TLS over TCP. io thread.
#pragma once

#include <memory>

#include "amqp/endpoint.h"
#include "amqp/tcp_socket.h"
#include "amqp/tls_context.h"
#include "amqp/transport.h"
#include "base/clock.h"

namespace amqp_sidecar::amqp {

// Reads the files of `options` and begins to connect; OnConnected comes after the TLS handshake.
// `listener` is not owned and outlives the transport.
//
// What Write() took may wait in the transport rather than in the kernel, one bout of records
// (64 KiB) of it at most.
std::unique_ptr<Transport> NewTlsTransport(const TcpSocket::Network& network,
                                           const TlsOptions& options, const Endpoint& endpoint,
                                           base::TimePoint deadline, Transport::Listener& listener);

}  // namespace amqp_sidecar::amqp
