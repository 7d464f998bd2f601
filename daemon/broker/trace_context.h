// TraceContext: W3C Trace Context, as it goes with a message: https://www.w3.org/TR/trace-context/.
// Plain functions, any thread. The sidecar passes it on and makes none of its own.
#pragma once

#include <array>
#include <string_view>

#include "broker/types.h"

namespace amqp_sidecar::broker {

// The names of gRPC's metadata and of the AMQP headers alike.
inline constexpr char kTraceParent[] = "traceparent";
inline constexpr char kTraceState[] = "tracestate";
// What the specification has everybody pass on at least.
inline constexpr size_t kMostTraceStateBytes = 512;

// Whether it is one: "00-<32 hex digits>-<16>-<2>", in lower case, neither id all zeros; a version
// after 00 may have more behind it.
bool IsTraceParent(std::string_view text);

// The hex digits of a trace id; a zero byte first where there is none. A value, since it goes with
// every publish.
using TraceId = std::array<char, 32>;
inline std::string_view ToText(const TraceId& id) {
  return id[0] == '\0' ? std::string_view() : std::string_view(id.data(), id.size());
}

// Of a message with these headers.
TraceId TraceIdOf(const FieldTable& headers);

// Puts into the headers what the metadata of its call said; a message that has its own traceparent
// keeps that, and a traceparent that is none is left out, and the tracestate with it.
void AddTraceContext(std::string_view trace_parent, std::string_view trace_state,
                     FieldTable& headers);

}  // namespace amqp_sidecar::broker
