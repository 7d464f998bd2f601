#include "rpc/client_channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <array>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace amqp_sidecar::rpc {
namespace {

const char* CodeName(grpc::StatusCode code) {
  static constexpr std::array kNames = {"OK",
                                        "CANCELLED",
                                        "UNKNOWN",
                                        "INVALID_ARGUMENT",
                                        "DEADLINE_EXCEEDED",
                                        "NOT_FOUND",
                                        "ALREADY_EXISTS",
                                        "PERMISSION_DENIED",
                                        "RESOURCE_EXHAUSTED",
                                        "FAILED_PRECONDITION",
                                        "ABORTED",
                                        "OUT_OF_RANGE",
                                        "UNIMPLEMENTED",
                                        "INTERNAL",
                                        "UNAVAILABLE",
                                        "DATA_LOSS",
                                        "UNAUTHENTICATED"};
  const auto index = static_cast<size_t>(code);
  return index < kNames.size() ? kNames[index] : "UNKNOWN";
}

}  // namespace

std::shared_ptr<grpc::Channel> ConnectTo(const std::string& address,
                                         std::chrono::system_clock::time_point give_up) {
  grpc::ChannelArguments arguments;
  // A sidecar is beside its caller: what http_proxy says is not for it.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetMaxReceiveMessageSize(-1);
  auto channel = grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
  while (true) {
    const grpc_connectivity_state state = channel->GetState(/*try_to_connect=*/true);
    if (state == GRPC_CHANNEL_READY) return channel;
    if (state == GRPC_CHANNEL_TRANSIENT_FAILURE || state == GRPC_CHANNEL_SHUTDOWN) return nullptr;
    if (!channel->WaitForStateChange(state, give_up)) return nullptr;
  }
}

CallFailure ReadFailure(const grpc::Status& status) {
  CallFailure failure{CodeName(status.error_code()), status.error_message(), ""};
  google::rpc::Status details;
  google::rpc::ErrorInfo info;
  if (!details.ParseFromString(status.error_details())) return failure;
  for (const auto& detail : details.details()) {
    if (!detail.UnpackTo(&info)) continue;
    failure.reason = info.reason();
    const auto persisted = info.metadata().find("persisted");
    if (persisted != info.metadata().end()) failure.persisted = persisted->second;
  }
  return failure;
}

}  // namespace amqp_sidecar::rpc
