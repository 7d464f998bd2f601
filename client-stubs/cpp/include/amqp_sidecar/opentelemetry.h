// TraceHooks for OpenTelemetry's C++ API (1.x), in W3C's form. Where its headers are not found,
// this header declares nothing.
#pragma once

#if __has_include(<opentelemetry/trace/propagation/http_trace_context.h>)

#include <memory>
#include <utility>

#include <opentelemetry/context/propagation/text_map_propagator.h>
#include <opentelemetry/context/runtime_context.h>
#include <opentelemetry/trace/propagation/http_trace_context.h>

#include "amqp_sidecar/trace.h"

namespace amqp_sidecar {
namespace internal {

class TraceCarrier : public opentelemetry::context::propagation::TextMapCarrier {
 public:
  explicit TraceCarrier(TraceHeaders headers = {}) : headers_(std::move(headers)) {}

  opentelemetry::nostd::string_view Get(
      opentelemetry::nostd::string_view key) const noexcept override {
    const auto found = headers_.find(std::string(key.data(), key.size()));
    return found == headers_.end() ? opentelemetry::nostd::string_view() : found->second;
  }
  void Set(opentelemetry::nostd::string_view key,
           opentelemetry::nostd::string_view value) noexcept override {
    headers_[std::string(key.data(), key.size())] = std::string(value.data(), value.size());
  }

  const TraceHeaders& headers() const { return headers_; }

 private:
  TraceHeaders headers_;
};

}  // namespace internal

// For ClientOptions::trace: the current context goes with what is published, and a delivery's is
// current while its handler runs.
inline TraceHooks OpenTelemetryHooks() {
  namespace context = opentelemetry::context;
  using Propagator = opentelemetry::trace::propagation::HttpTraceContext;
  TraceHooks hooks;
  hooks.inject = [](TraceHeaders& headers) {
    internal::TraceCarrier carrier;
    Propagator().Inject(carrier, context::RuntimeContext::GetCurrent());
    headers.insert(carrier.headers().begin(), carrier.headers().end());
  };
  hooks.attach = [](const TraceHeaders& headers) -> std::shared_ptr<void> {
    context::Context none;
    context::Context found = Propagator().Extract(internal::TraceCarrier(headers), none);
    return std::shared_ptr<context::Token>(context::RuntimeContext::Attach(found).release());
  };
  return hooks;
}

}  // namespace amqp_sidecar

#endif
