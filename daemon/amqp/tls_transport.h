// TlsTransport: bytes over TLS over TCP. io thread.
#pragma once

#include <memory>

#include "amqp/endpoint.h"
#include "amqp/resolver.h"
#include "amqp/tls_context.h"
#include "amqp/transport.h"
#include "base/event_loop.h"

namespace amqp_sidecar::amqp {

// Reads the files of `options` and begins to connect; OnConnected comes after the TLS handshake.
// `loop`, `resolver` and `listener` are not owned and outlive the transport.
//
// What Write() took may wait in the transport rather than in the kernel, one bout of records
// (64 KiB) of it at most.
std::unique_ptr<Transport> NewTlsTransport(base::EventLoop& loop, Resolver& resolver,
                                           const TlsOptions& options, const Endpoint& endpoint,
                                           base::TimePoint deadline, Transport::Listener& listener);

}  // namespace amqp_sidecar::amqp
