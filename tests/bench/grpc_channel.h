// What both clients of the sidecar need of gRPC: a channel of their own, the end of a completion
// queue, a status in words.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <grpcpp/grpcpp.h>

namespace amqp_sidecar::bench {

// For a whole piece of a stream, as for one call: beyond it something hangs.
constexpr std::chrono::seconds kCallLimit{60};

// Connected, and shared with nobody; throws when it does not connect.
std::shared_ptr<grpc::Channel> ConnectedChannel(const std::string& target);

// Shuts it down and takes what is left in it.
void Drain(grpc::CompletionQueue& queue);

std::string TextOf(const grpc::Status& status);

}  // namespace amqp_sidecar::bench
