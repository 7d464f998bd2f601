// The pages of the admin server: / /healthz /readyz /metrics /status.json /history.json. Any
// thread; they wait for none.
#pragma once

#include "app/admin_server.h"
#include "app/history.h"
#include "base/event_loop.h"
#include "broker/broker.h"
#include "rpc/status_reporter.h"

namespace amqp_sidecar::app {

// All are not owned, and outlive the pages.
AdminServer::Pages AdminPages(base::EventLoop& loop, broker::Broker& broker,
                              const rpc::StatusReporter& reporter, const History& history);

// What the history samples.
History::Figures FiguresOf(const broker::Broker& broker);

}  // namespace amqp_sidecar::app
