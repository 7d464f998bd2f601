#include <grpcpp/client_context.h>

#include "amqp_sidecar/v1/publisher.grpc.pb.h"
#include "rpc/client_channel.h"
#include "rpc/command_client.h"
#include "rpc/utf8.h"

namespace amqp_sidecar::rpc {
namespace {

v1::PublishRequest ToRequest(const PublishCommand& command) {
  v1::PublishRequest request;
  request.set_allow_unroutable(command.allow_unroutable);
  v1::Message& message = *request.mutable_message();
  message.set_exchange(command.exchange);
  message.set_routing_key(command.routing_key);
  message.set_body(command.body);
  v1::Properties& properties = *message.mutable_properties();
  properties.set_content_type(command.content_type);
  for (const auto& [name, value] : command.headers) {
    (*properties.mutable_headers())[name].set_string_value(value);
  }
  return request;
}

// What travels as a protobuf string.
bool AllUtf8(const PublishCommand& command) {
  bool valid =
      IsUtf8(command.exchange) && IsUtf8(command.routing_key) && IsUtf8(command.content_type);
  for (const auto& [name, value] : command.headers) valid &= IsUtf8(name) && IsUtf8(value);
  return valid;
}

}  // namespace

int RunPublish(const PublishCommand& command, std::ostream& out, std::ostream& err) {
  if (!AllUtf8(command)) {
    err << "INVALID_MESSAGE: names and headers must be valid UTF-8 (persisted: NO)\n";
    return 1;
  }
  const auto deadline = std::chrono::system_clock::now() + command.timeout;
  const auto channel = ConnectTo(command.address, deadline);
  if (channel == nullptr) {
    err << "UNAVAILABLE: no sidecar answers at " << command.address << " (persisted: NO)\n";
    return 1;
  }
  grpc::ClientContext context;
  context.set_deadline(deadline);
  v1::PublishResponse response;
  const grpc::Status status =
      v1::PublisherService::NewStub(channel)->Publish(&context, ToRequest(command), &response);
  if (status.ok()) {
    out << "published message_id=" << response.message_id()
        << " routed=" << (response.routed() ? "true" : "false") << std::endl;
    return 0;
  }
  const CallFailure failure = ReadFailure(status);
  // Without the sidecar's word nobody knows.
  err << failure.reason << ": " << failure.detail
      << " (persisted: " << (failure.persisted.empty() ? "UNKNOWN" : failure.persisted) << ")\n";
  return 1;
}

}  // namespace amqp_sidecar::rpc
