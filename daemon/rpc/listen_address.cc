#include "rpc/listen_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace amqp_sidecar::rpc {
namespace {

// One byte of sun_path is the closing zero.
constexpr size_t kMaxSocketPathBytes = sizeof(sockaddr_un::sun_path) - 1;

absl::Status Refusal(const std::string& text, const std::string& why) {
  return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" ", why));
}

absl::StatusOr<ListenAddress> ParseUnix(const std::string& text) {
  std::string path = text.substr(std::string_view("unix:").size());
  if (absl::StartsWith(path, "//")) {
    path = path.substr(2);
    if (!absl::StartsWith(path, "/")) {
      return Refusal(text, "has no absolute path after unix://");
    }
  }
  if (path.empty() || absl::EndsWith(path, "/")) return Refusal(text, "names no socket file");
  if (path.find('\0') != std::string::npos) return Refusal(text, "has a zero byte in its path");
  if (path.size() > kMaxSocketPathBytes) {
    return Refusal(text, absl::StrCat("has a path of ", path.size(), " bytes; ",
                                      kMaxSocketPathBytes, " is the most for a Unix socket"));
  }
  ListenAddress address;
  address.kind = ListenAddress::Kind::kUnix;
  address.path = std::move(path);
  return address;
}

bool IsLoopback(const std::string& host) {
  in_addr v4 = {};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6 = {};
  return inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

}  // namespace

std::string ListenAddress::ToString() const {
  if (kind == Kind::kUnix) {
    return absl::StrCat(absl::StartsWith(path, "/") ? "unix://" : "unix:", path);
  }
  const bool v6 = host.find(':') != std::string::npos;
  return v6 ? absl::StrCat("[", host, "]:", port) : absl::StrCat(host, ":", port);
}

absl::StatusOr<ListenAddress> ParseListenAddress(const std::string& text) {
  if (absl::StartsWith(text, "unix:")) return ParseUnix(text);

  const size_t colon = text.rfind(':');
  uint32_t port = 0;
  if (colon == std::string::npos || !absl::SimpleAtoi(text.substr(colon + 1), &port) ||
      port > 65535) {
    return Refusal(text, "is neither unix:///PATH nor HOST:PORT");
  }
  std::string host = text.substr(0, colon);
  if (host == "localhost") {
    host = "127.0.0.1";
  } else if (absl::StartsWith(host, "[") && absl::EndsWith(host, "]")) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string::npos) {
    return Refusal(text, "has an IPv6 address that is not in brackets, as in [::1]:7672");
  }
  if (!IsLoopback(host)) {
    return Refusal(text,
                   "is not a loopback address (127.0.0.0/8, [::1], localhost): any other needs "
                   "TLS, which this version does not have yet");
  }
  ListenAddress address;
  address.host = std::move(host);
  address.port = static_cast<uint16_t>(port);
  return address;
}

}  // namespace amqp_sidecar::rpc
