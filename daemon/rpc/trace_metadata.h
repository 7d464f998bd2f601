// TraceMetadata: the W3C Trace Context in the metadata of a call. Any thread.
#pragma once

#include <grpcpp/server_context.h>

#include <string>

#include "broker/trace_context.h"

namespace amqp_sidecar::rpc {

struct TraceMetadata {
  std::string parent;  // empty: there is none
  std::string state;

  // See broker::AddTraceContext().
  void AddTo(broker::FieldTable& headers) const {
    if (!parent.empty()) broker::AddTraceContext(parent, state, headers);
  }
};

// As the client sent it: several tracestates are one list, as the specification says.
TraceMetadata TraceContextOf(const grpc::ServerContext& context);

}  // namespace amqp_sidecar::rpc
