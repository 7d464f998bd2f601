#include "bench/grpc_channel.h"

#include <stdexcept>

namespace amqp_sidecar::bench {

std::shared_ptr<grpc::Channel> ConnectedChannel(const std::string& target) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  auto channel = grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
  if (!channel->WaitForConnected(std::chrono::system_clock::now() + kCallLimit)) {
    throw std::runtime_error("no connection to the sidecar");
  }
  return channel;
}

void Drain(grpc::CompletionQueue& queue) {
  queue.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue.Next(&tag, &ok)) {
  }
}

std::string TextOf(const grpc::Status& status) {
  return "code " + std::to_string(status.error_code()) + ": " + status.error_message();
}

}  // namespace amqp_sidecar::bench
