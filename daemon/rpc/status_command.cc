#include <grpcpp/client_context.h>

#include "amqp_sidecar/v1/status.grpc.pb.h"
#include "rpc/client_channel.h"
#include "rpc/command_client.h"
#include "rpc/status_text.h"
#include "rpc/status_watch.h"

namespace amqp_sidecar::rpc {
namespace {

constexpr auto kAnswerTime = std::chrono::seconds(5);

}  // namespace

int RunStatus(const StatusCommand& command, const std::atomic<bool>& stop, std::ostream& out,
              std::ostream& err) {
  const auto deadline = std::chrono::system_clock::now() + kAnswerTime;
  const auto channel = ConnectTo(command.address, deadline);
  if (channel == nullptr) {
    err << NoSidecarText(command.address) << std::endl;
    return 1;
  }
  if (command.watch) return StatusWatch(command, channel, stop, out, err).Run();
  grpc::ClientContext context;
  context.set_deadline(deadline);
  v1::GetStatusResponse response;
  const grpc::Status status =
      v1::StatusService::NewStub(channel)->GetStatus(&context, {}, &response);
  if (!status.ok()) {
    err << NoStatusText(command.address, status) << std::endl;
    return 1;
  }
  out << (command.json ? StatusJson(response.status())
                       : StatusText(response.status(), std::chrono::system_clock::now()))
      << std::flush;
  return out ? 0 : 1;
}

}  // namespace amqp_sidecar::rpc
