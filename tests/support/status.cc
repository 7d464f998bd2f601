#include "support/status.h"

#include <google/protobuf/util/json_util.h>

#include <chrono>
#include <stdexcept>

#include "support/net.h"
#include "support/sidecar_process.h"

namespace amqp_sidecar::test {
namespace {

pb::SidecarStatus Parse(const std::string& json) {
  pb::SidecarStatus status;
  if (!google::protobuf::util::JsonStringToMessage(json, &status).ok()) {
    throw std::runtime_error("no status: " + json);
  }
  return status;
}

}  // namespace

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
  return Parse(HttpGet(admin_port, "/status.json").body);
}

pb::SidecarStatus StatusByVerb(const std::string& target) {
  return Parse(RunSidecar({"status", "--json", "--address", target}).out);
}

}  // namespace amqp_sidecar::test
