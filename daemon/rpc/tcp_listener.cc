#include "rpc/tcp_listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

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

absl::StatusOr<base::UniqueFd> ListenTcp(ListenAddress& address) {
  sockaddr_storage storage = {};
  const socklen_t length = ToSockaddr(address, storage);
  base::UniqueFd fd(::socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return Failure(address, errno);
  const int on = 1;
  // A port whose last connections still linger is free. Never SO_REUSEPORT: a second sidecar would
  // share the port, and half of the calls, in silence.
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  // Inherited by what is accepted.
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&storage), length) != 0 ||
      ::listen(fd.get(), SOMAXCONN) != 0) {
    return Failure(address, errno);
  }
  sockaddr_storage bound = {};
  socklen_t bound_length = sizeof(bound);
  if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&bound), &bound_length) != 0) {
    return Failure(address, errno);
  }
  address.port =
      ntohs(bound.ss_family == AF_INET ? reinterpret_cast<sockaddr_in*>(&bound)->sin_port
                                       : reinterpret_cast<sockaddr_in6*>(&bound)->sin6_port);
  return fd;
}

}  // namespace amqp_sidecar::rpc
