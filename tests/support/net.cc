#include "support/net.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <random>
#include <stdexcept>

namespace amqp_sidecar::test {
namespace {

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

sockaddr_un Unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw std::runtime_error("socket path too long");
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

template <typename Address>
bool Bind(int fd, const Address& address) {
  return bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

template <typename Address>
bool Connect(int fd, const Address& address) {
  return connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

uint16_t FreePort() {
  std::random_device seed;
  std::uniform_int_distribution<int> ports(10000, 29999);
  for (int attempt = 0; attempt < 100; ++attempt) {
    const auto port = static_cast<uint16_t>(ports(seed));
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool free = Bind(fd, Loopback(port));
    close(fd);
    if (free) return port;
  }
  throw std::runtime_error("finds no free port");
}

HttpAnswer HttpGet(uint16_t port, const std::string& path) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{2, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  HttpAnswer answer;
  const std::string request =
      "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  if (Connect(fd, Loopback(port)) &&
      send(fd, request.data(), request.size(), MSG_NOSIGNAL) == ssize_t(request.size())) {
    std::string text;
    char buffer[4096];
    ssize_t count;
    while ((count = recv(fd, buffer, sizeof buffer, 0)) > 0) {
      text.append(buffer, static_cast<size_t>(count));
    }
    const size_t body = text.find("\r\n\r\n");
    if (text.starts_with("HTTP/1.") && body != std::string::npos) {
      answer.status = std::atoi(text.c_str() + 9);
      answer.body = text.substr(body + 4);
    }
  }
  close(fd);
  return answer;
}

bool AnswersOnPort(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool answers = Connect(fd, Loopback(port));
  close(fd);
  return answers;
}

bool AnswersOnSocket(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool answers = Connect(fd, Unix(path));
  close(fd);
  return answers;
}

void LeaveStaleSocket(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool bound = Bind(fd, Unix(path)) && listen(fd, 1) == 0;
  close(fd);
  if (!bound) throw std::runtime_error("cannot bind " + path);
}

}  // namespace amqp_sidecar::test
