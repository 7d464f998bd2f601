// ClientChannel: the way from a command to a sidecar, and its errors in words. The calling thread.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/support/status.h>

#include <chrono>
#include <memory>
#include <string>

namespace amqp_sidecar::rpc {

// A connected channel, or nullptr where no sidecar answers at `address` before `give_up`.
std::shared_ptr<grpc::Channel> ConnectTo(const std::string& address,
                                         std::chrono::system_clock::time_point give_up);

// A status as callers are told it.
struct CallFailure {
  std::string reason;  // of the ErrorInfo, or the code's name where there is none
  std::string detail;
  std::string persisted;  // of the ErrorInfo; empty where there is none
};
CallFailure ReadFailure(const grpc::Status& status);

}  // namespace amqp_sidecar::rpc
