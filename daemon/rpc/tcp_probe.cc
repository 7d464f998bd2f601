#include "rpc/tcp_probe.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "base/unique_fd.h"

namespace amqp_sidecar::rpc {
namespace {

// Fills in `storage` and returns the length of the address.
socklen_t ToSockaddr(const ListenAddress& address, sockaddr_storage& storage) {
  auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
  if (inet_pton(AF_INET, address.host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(address.port);
    return sizeof(sockaddr_in);
  }
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
  inet_pton(AF_INET6, address.host.c_str(), &v6->sin6_addr);
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons(address.port);
  return sizeof(sockaddr_in6);
}

absl::Status Failure(const ListenAddress& address, int error) {
  return absl::FailedPreconditionError(
      absl::StrCat(address.ToString(), " cannot be listened on: ", std::strerror(error)));
}

}  // namespace

absl::Status CheckTcpFree(const ListenAddress& address) {
  sockaddr_storage storage = {};
  const socklen_t length = ToSockaddr(address, storage);
  const base::UniqueFd fd(::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return Failure(address, errno);
  // As gRPC does: a port whose last connections still linger is free.
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&storage), length) != 0) {
    return Failure(address, errno);
  }
  return absl::OkStatus();
}

}  // namespace amqp_sidecar::rpc
