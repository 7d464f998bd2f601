#include <grpcpp/client_context.h>

#include <algorithm>

#include "amqp_sidecar/v1/topology.grpc.pb.h"
#include "rpc/client_channel.h"
#include "rpc/command_client.h"
#include "rpc/redrive_report.h"
#include "rpc/redrive_session.h"
#include "rpc/utf8.h"

namespace amqp_sidecar::rpc {
namespace {

constexpr auto kConnectTime = std::chrono::seconds(5);
constexpr auto kLookTime = std::chrono::seconds(5);

bool AllUtf8(const RedriveRule& rule) {
  return IsUtf8(rule.from) && IsUtf8(rule.to_queue.value_or("")) &&
         IsUtf8(rule.to_exchange.value_or("")) && IsUtf8(rule.routing_key.value_or(""));
}

// What is wrong with it, or nullptr.
const char* UsageError(const RedriveRule& rule) {
  if (rule.to_queue && rule.to_exchange) return "--to-queue and --to-exchange exclude each other";
  if (rule.routing_key && !rule.to_exchange) return "--routing-key needs --to-exchange";
  if (rule.to_queue == "") return "--to-queue needs a name";
  if (rule.to_queue == rule.from) return "--to-queue is the queue that --from names";
  return nullptr;
}

// How many messages wait in the queue.
grpc::Status Count(const std::shared_ptr<grpc::Channel>& channel, const std::string& name,
                   uint64_t& count) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kLookTime);
  v1::GetQueueRequest request;
  request.set_queue(name);
  v1::GetQueueResponse response;
  grpc::Status status =
      v1::TopologyService::NewStub(channel)->GetQueue(&context, request, &response);
  count = response.message_count();
  return status;
}

}  // namespace

int RunRedrive(const RedriveCommand& command, const std::atomic<bool>& stop, std::ostream& out,
               std::ostream& err) {
  if (const char* error = UsageError(command.rule)) {
    err << error << std::endl;
    return 64;
  }
  if (!AllUtf8(command.rule)) {
    err << "INVALID_MESSAGE: names must be valid UTF-8" << std::endl;
    return 1;
  }
  const auto channel = ConnectTo(command.address, std::chrono::system_clock::now() + kConnectTime);
  if (channel == nullptr) {
    err << "UNAVAILABLE: no sidecar answers at " << command.address << std::endl;
    return 1;
  }
  uint64_t limit = 0;
  if (const grpc::Status status = Count(channel, command.rule.from, limit); !status.ok()) {
    const CallFailure failure = ReadFailure(status);
    err << failure.reason << ": " << failure.detail << std::endl;
    return 1;
  }
  limit = std::min(limit, command.count.value_or(limit));
  RedriveReport report(command, limit, out, err);
  if (limit == 0) {
    report.End({}, 0);
    return 0;
  }
  return RedriveSession(command, limit, channel, stop, report).Run() ? 0 : 1;
}

}  // namespace amqp_sidecar::rpc
