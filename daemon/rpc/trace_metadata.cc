#include "rpc/trace_metadata.h"

#include <iterator>

namespace amqp_sidecar::rpc {

TraceMetadata TraceContextOf(const grpc::ServerContext& context) {
  TraceMetadata trace;
  const auto& metadata = context.client_metadata();
  const auto [first, last] = metadata.equal_range(broker::kTraceParent);
  // Two of them are none: nobody knows which is meant.
  if (first == last || std::next(first) != last) return trace;
  trace.parent.assign(first->second.data(), first->second.size());
  const auto states = metadata.equal_range(broker::kTraceState);
  for (auto at = states.first; at != states.second; ++at) {
    if (!trace.state.empty()) trace.state += ',';
    trace.state.append(at->second.data(), at->second.size());
  }
  return trace;
}

}  // namespace amqp_sidecar::rpc
