#include "rpc/sidecar_probe.h"

#include <grpcpp/client_context.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "amqp_sidecar/v1/publisher.grpc.pb.h"
#include "amqp_sidecar/v1/status.grpc.pb.h"
#include "amqp_sidecar/v1/topology.grpc.pb.h"
#include "rpc/socket_check.h"
#include "rpc/status_words.h"

namespace amqp_sidecar::rpc {
namespace {

constexpr char kName[] = "sidecar";

Check NoAnswer(const std::string& what, pid_t peer) {
  if (IsStopped(peer)) {
    return Fail(kName, absl::StrCat(what, ": process ", peer, " is stopped"),
                absl::StrCat("`kill -CONT ", peer, "` lets it go on"));
  }
  return Fail(kName, what,
              "it is stuck, still starting, or no sidecar: see its log, and restart it");
}

}  // namespace

std::chrono::system_clock::time_point ToWallClock(base::TimePoint deadline) {
  const auto left = deadline - std::chrono::steady_clock::now();
  return std::chrono::system_clock::now() +
         std::chrono::duration_cast<std::chrono::system_clock::duration>(left);
}

Check SidecarProbe::Connect(base::TimePoint deadline, pid_t peer) {
  channel_ = ConnectTo(address_, ToWallClock(deadline));
  if (channel_ == nullptr) {
    return NoAnswer("somebody listens and does not speak gRPC in time", peer);
  }
  const grpc::Status answer = GetStatus(deadline);
  if (answer.error_code() == grpc::StatusCode::UNIMPLEMENTED) {
    return Fail(kName, "it answers, and has no StatusService: it is older than this command",
                "use the doctor of its own version, or renew the sidecar");
  }
  if (!answer.ok()) {
    const CallFailure failure = ReadFailure(answer);
    return NoAnswer(absl::StrCat("no status: ", failure.reason, ": ", failure.detail), peer);
  }
  const auto up = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now() - ToWallTime(status_->started_at()));
  const std::string who = absl::StrCat("version ", status_->version(), ", up ", DurationText(up));
  if (status_->has_stalled()) {
    return Fail(kName,
                absl::StrCat(who, "; its thread for the broker is stuck for ",
                             DurationText(ToMillis(status_->stalled()))),
                "restart it, and report this: where possible with a stack of its threads (gdb -p)");
  }
  if (status_->connection().state() == v1::CONNECTION_STATE_DRAINING) {
    return Fail(kName, absl::StrCat(who, ", and is shutting down"), "start it again");
  }
  return Ok(kName, absl::StrCat(who, ", says \"", status_->readiness(), "\""));
}

grpc::Status SidecarProbe::GetStatus(base::TimePoint deadline) {
  grpc::ClientContext context;
  context.set_deadline(ToWallClock(deadline));
  v1::GetStatusResponse response;
  grpc::Status answer = v1::StatusService::NewStub(channel_)->GetStatus(&context, {}, &response);
  if (answer.ok()) status_ = std::move(*response.mutable_status());
  return answer;
}

void SidecarProbe::RenewStatus(base::TimePoint deadline) { (void)GetStatus(deadline); }

QueueAnswer SidecarProbe::GetQueue(const std::string& queue, base::TimePoint deadline) const {
  grpc::ClientContext context;
  context.set_deadline(ToWallClock(deadline));
  v1::GetQueueRequest request;
  request.set_queue(queue);
  v1::GetQueueResponse response;
  const grpc::Status answer =
      v1::TopologyService::NewStub(channel_)->GetQueue(&context, request, &response);
  if (!answer.ok()) return {.failure = ReadFailure(answer)};
  return {.failure = std::nullopt,
          .messages = response.message_count(),
          .consumers = response.consumer_count()};
}

SendAnswer SidecarProbe::Send(const std::string& exchange, const std::string& routing_key,
                              base::TimePoint deadline) const {
  grpc::ClientContext context;
  context.set_deadline(ToWallClock(deadline));
  v1::PublishRequest request;
  v1::Message& message = *request.mutable_message();
  message.set_exchange(exchange);
  message.set_routing_key(routing_key);
  message.set_body("{}");
  v1::Properties& properties = *message.mutable_properties();
  properties.set_content_type("application/json");
  properties.set_delivery_mode(v1::DELIVERY_MODE_TRANSIENT);
  properties.set_type("amqp-sidecar.doctor");
  (*properties.mutable_headers())[kMark].set_bool_value(true);
  v1::PublishResponse response;
  const grpc::Status answer =
      v1::PublisherService::NewStub(channel_)->Publish(&context, request, &response);
  if (!answer.ok()) return {.failure = ReadFailure(answer), .message_id = ""};
  return {.failure = std::nullopt, .message_id = response.message_id()};
}

}  // namespace amqp_sidecar::rpc
