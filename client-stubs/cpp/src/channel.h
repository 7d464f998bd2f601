// The gRPC channel to a sidecar.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <grpcpp/channel.h>
#include <grpcpp/security/credentials.h>

namespace amqp_sidecar {

// gRPC's name for `address`, as Client takes it. Throws an Error that says what is accepted.
std::string TargetOf(std::string_view address);

// Does not connect yet. Plain text where `credentials` is null.
std::shared_ptr<grpc::Channel> NewChannel(const std::string& target,
                                          std::shared_ptr<grpc::ChannelCredentials> credentials);

}  // namespace amqp_sidecar
