#include "support/notify_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <sstream>
#include <stdexcept>

namespace amqp_sidecar::test {

NotifySocket::NotifySocket() : path_(dir_.File("notify")) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
  fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0 || ::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("no socket to be told on: " + path_);
  }
}

NotifySocket::~NotifySocket() { ::close(fd_); }

const std::vector<std::string>& NotifySocket::Lines() {
  Receive(std::chrono::milliseconds(0));
  return lines_;
}

size_t NotifySocket::Count(const std::string& line) {
  const auto& lines = Lines();
  return static_cast<size_t>(std::count(lines.begin(), lines.end(), line));
}

bool NotifySocket::Wait(const std::string& line, std::chrono::milliseconds deadline, size_t times) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (Count(line) < times) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    Receive(left);
  }
  return true;
}

void NotifySocket::Receive(std::chrono::milliseconds longest) {
  pollfd readable{.fd = fd_, .events = POLLIN, .revents = 0};
  if (::poll(&readable, 1, static_cast<int>(longest.count())) <= 0) return;
  std::array<char, 4096> buffer;
  ssize_t size = 0;
  while ((size = ::recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT)) > 0) {
    std::istringstream text(std::string(buffer.data(), static_cast<size_t>(size)));
    for (std::string line; std::getline(text, line);) lines_.push_back(line);
  }
}

}  // namespace amqp_sidecar::test
