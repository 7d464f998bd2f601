#include "support/status.h"

#include <google/protobuf/util/json_util.h>

#include <chrono>
#include <stdexcept>

#include "support/net.h"

namespace amqp_sidecar::test {

pb::SidecarStatus StatusOf(Client& client) {
  grpc::ClientContext context;
  SetDeadline(context, std::chrono::seconds(5));
  pb::GetStatusResponse response;
  const grpc::Status status =
      pb::StatusService::NewStub(client.channel())->GetStatus(&context, {}, &response);
  if (!status.ok()) throw std::runtime_error("no status: " + status.error_message());
  return response.status();
}

pb::SidecarStatus StatusPage(uint16_t admin_port) {
  pb::SidecarStatus status;
  const HttpAnswer answer = HttpGet(admin_port, "/status.json");
  const auto parsed = google::protobuf::util::JsonStringToMessage(answer.body, &status);
  if (answer.status != 200 || !parsed.ok()) {
    throw std::runtime_error("no status page: " + answer.body);
  }
  return status;
}

}  // namespace amqp_sidecar::test
