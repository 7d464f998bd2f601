// TraceHooks: how the context of a trace gets into messages and out of deliveries.
// <amqp_sidecar/opentelemetry.h> has them for OpenTelemetry.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace amqp_sidecar {

// The headers that carry it: traceparent and tracestate.
using TraceHeaders = std::map<std::string, std::string>;

struct TraceHooks {
  // Called in Publish, on its thread, unless the message has a traceparent of its own: adds what is
  // to be sent. Must not throw.
  std::function<void(TraceHeaders&)> inject = {};
  // Called before the handler, on its thread, with what the delivery has (it may be nothing): makes
  // it current for as long as what it returns lives. Must not throw.
  std::function<std::shared_ptr<void>(const TraceHeaders&)> attach = {};
};

}  // namespace amqp_sidecar
