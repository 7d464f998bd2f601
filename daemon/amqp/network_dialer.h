// NetworkDialer: makes the pipes to real brokers, over TCP or TLS as the endpoint says. Names are
// resolved anew for each, on a thread of their own. io thread.
#pragma once

#include <memory>

#include "amqp/tls_context.h"
#include "amqp/transport.h"
#include "base/event_loop.h"

namespace amqp_sidecar::amqp {

// `loop` is not owned and outlives the dialer and its transports. `tls` is for endpoints that want
// TLS; its files are read at each dial.
std::unique_ptr<Dialer> NewNetworkDialer(base::EventLoop& loop, TlsOptions tls);

}  // namespace amqp_sidecar::amqp
