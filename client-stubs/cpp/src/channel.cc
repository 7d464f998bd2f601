#include "channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/support/channel_arguments.h>

#include <charconv>
#include <cstdlib>

#include "amqp_sidecar/error.h"

namespace amqp_sidecar {
namespace {

constexpr char kVariable[] = "AMQP_SIDECAR_ADDR";
constexpr char kDefault[] = "unix:///run/amqp-sidecar/sidecar.sock";
constexpr std::string_view kUnixScheme = "unix://";
// What a socket's address holds, without the zero at its end.
constexpr std::size_t kLongestPath = 107;

bool IsPath(std::string_view text) {
  return text.size() > 1 && text.size() <= kLongestPath && text.front() == '/';
}

bool IsHostAndPort(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  const bool bracketed = host.front() == '[' && host.back() == ']';
  if (host.find_first_of(bracketed ? "/ " : "/ :") != std::string_view::npos) return false;
  unsigned number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  return error == std::errc() && end == port.data() + port.size() && number >= 1 && number <= 65535;
}

}  // namespace

std::string TargetOf(std::string_view address) {
  if (address.empty()) {
    const char* variable = std::getenv(kVariable);
    address = variable != nullptr && *variable != '\0' ? variable : kDefault;
  }
  if (IsPath(address)) return std::string(kUnixScheme).append(address);
  if (address.starts_with(kUnixScheme) && IsPath(address.substr(kUnixScheme.size()))) {
    return std::string(address);
  }
  if (IsHostAndPort(address)) return "dns:///" + std::string(address);
  ErrorFields fields;
  fields.code = Code::kInvalidArgument;
  fields.detail = "\"" + std::string(address) +
                  "\" is not an address: unix:///PATH, /PATH (at most 107 bytes) or HOST:PORT";
  throw Error(fields);
}

std::shared_ptr<grpc::Channel> NewChannel(const std::string& target,
                                          std::shared_ptr<grpc::ChannelCredentials> credentials) {
  grpc::ChannelArguments arguments;
  // gRPC's own grow to two minutes, and a sidecar is back in one second.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  // How long a connect may take.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 2000);
  // RabbitMQ's largest message, and room for its properties.
  arguments.SetMaxReceiveMessageSize(129 * 1024 * 1024);
  arguments.SetMaxSendMessageSize(-1);
  // A sidecar is beside its caller: what http_proxy says is not for it.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  if (credentials == nullptr) credentials = grpc::InsecureChannelCredentials();
  return grpc::CreateCustomChannel(target, credentials, arguments);
}

}  // namespace amqp_sidecar
