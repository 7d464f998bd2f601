// UnaryCall: the context of one call: its deadline, its cancellation, and that it waits for a
// sidecar that is not up yet. One thread.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>

#include <grpcpp/client_context.h>

namespace amqp_sidecar {

class UnaryCall {
 public:
  UnaryCall(std::chrono::milliseconds timeout, const std::stop_token& stop)
      : stop_(stop, [this] { context_.TryCancel(); }) {
    context_.set_wait_for_ready(true);
    context_.set_deadline(std::chrono::system_clock::now() + timeout);
  }

  grpc::ClientContext* context() { return &context_; }

 private:
  grpc::ClientContext context_;
  std::stop_callback<std::function<void()>> stop_;
};

}  // namespace amqp_sidecar
