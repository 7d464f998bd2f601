#include "support/tcp_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <vector>

#include "support/net.h"

namespace amqp_sidecar::test {
namespace {

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void NoDelay(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void Wake(int fd) { eventfd_write(fd, 1); }

// A thread in poll holds on to what another closes: without the shutdown the peer is not told, and
// the port not free, until poll returns.
void End(int fd) {
  shutdown(fd, SHUT_RDWR);
  close(fd);
}

}  // namespace

TcpProxy::TcpProxy(uint16_t target) : target_(target), port_(FreePort()) {
  wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  Listen();
  thread_ = std::thread([this] { Loop(); });
}

TcpProxy::~TcpProxy() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  Wake(wake_);
  thread_.join();
  CloseLinks();
  close(listener_);
  close(wake_);
}

std::string TcpProxy::uri() const {
  return "amqp://guest:guest@127.0.0.1:" + std::to_string(port_) + "/";
}

void TcpProxy::Cut() {
  std::lock_guard lock(mutex_);
  CloseLinks();
  Wake(wake_);
}

void TcpProxy::TakeAway() {
  std::lock_guard lock(mutex_);
  End(listener_);
  listener_ = -1;
  CloseLinks();
  Wake(wake_);
}

void TcpProxy::MuteBroker() {
  std::lock_guard lock(mutex_);
  muted_ = true;
  Wake(wake_);
}

void TcpProxy::Restore() {
  std::lock_guard lock(mutex_);
  muted_ = false;
  if (listener_ < 0) Listen();
  Wake(wake_);
}

int TcpProxy::accepted() const {
  std::lock_guard lock(mutex_);
  return accepted_;
}

void TcpProxy::Listen() {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int on = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in address = Loopback(port_);
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener_, 16) != 0) {
    throw std::runtime_error("the proxy cannot listen on port " + std::to_string(port_));
  }
}

void TcpProxy::CloseLinks() {
  for (const Link& link : links_) {
    End(link.client);
    End(link.broker);
  }
  links_.clear();
}

void TcpProxy::Accept() {
  const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) return;
  const int broker = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Loopback(target_);
  if (connect(broker, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close(client);
    close(broker);
    return;
  }
  NoDelay(client);
  NoDelay(broker);
  ++accepted_;
  links_.push_back({client, broker});
}

bool TcpProxy::Forward(int from, int to) {
  char buffer[65536];
  const ssize_t count = recv(from, buffer, sizeof buffer, MSG_DONTWAIT);
  if (count < 0) return errno == EAGAIN || errno == EINTR;
  if (count == 0) return false;
  for (ssize_t sent = 0; sent < count;) {
    const ssize_t step = send(to, buffer + sent, static_cast<size_t>(count - sent), MSG_NOSIGNAL);
    if (step <= 0) return false;
    sent += step;
  }
  return true;
}

// The lock is held but while polling, so that a call of Cut or MuteBroker is done when it returns.
void TcpProxy::Loop() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    std::vector<pollfd> fds = {{wake_, POLLIN, 0}};
    if (listener_ >= 0) fds.push_back({listener_, POLLIN, 0});
    for (const Link& link : links_) {
      fds.push_back({link.client, POLLIN, 0});
      if (!muted_) fds.push_back({link.broker, POLLIN, 0});
    }
    lock.unlock();
    poll(fds.data(), fds.size(), 1000);
    lock.lock();
    eventfd_t ignored;
    eventfd_read(wake_, &ignored);
    if (listener_ >= 0) Accept();
    for (auto link = links_.begin(); link != links_.end();) {
      if (Forward(link->client, link->broker) && (muted_ || Forward(link->broker, link->client))) {
        ++link;
        continue;
      }
      close(link->client);
      close(link->broker);
      link = links_.erase(link);
    }
  }
}

}  // namespace amqp_sidecar::test
