#include "amqp/tcp_socket.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace amqp_sidecar::amqp {
namespace {

// Bytes in the kernel that are not yet sent: more would only make control frames wait behind them.
constexpr int kUnsentBytes = 256 << 10;

// With amqp.heartbeat 0 nothing else finds out that the peer of an idle link is gone.
constexpr int kKeepaliveIdleSeconds = 60;
constexpr int kKeepaliveEverySeconds = 10;
constexpr int kKeepaliveProbes = 3;

// How many addresses a failure names.
constexpr size_t kNamedAddresses = 8;

constexpr char kNotInTime[] = "no answer within the connect timeout";

void SetOption(int fd, int level, int name, int value) {
  // All of them are improvements only: a socket without them works.
  (void)::setsockopt(fd, level, name, &value, sizeof value);
}

std::string ToText(const SocketAddress& address) {
  char text[NI_MAXHOST] = {};
  const int error = ::getnameinfo(reinterpret_cast<const sockaddr*>(&address.storage),
                                  address.length, text, sizeof text, nullptr, 0, NI_NUMERICHOST);
  return error == 0 ? text : "an address";
}

}  // namespace

TcpSocket::TcpSocket(const Network& network, Owner& owner)
    : loop_(network.loop), resolver_(network.resolver), memory_(network.memory), owner_(owner) {}

TcpSocket::~TcpSocket() {
  StopTimers();
  resolver_.Cancel(request_);
  Close();
}

void TcpSocket::Connect(const std::string& host, uint16_t port, base::TimePoint deadline) {
  host_ = host;
  deadline_ = deadline;
  timer_ = loop_.At(deadline_, [this] {
    timer_ = 0;
    if (request_ != 0) return Fail("the host name was not resolved in time");
    failures_.push_back(addresses_.size() > 1 ? peer_ + ": " + kNotInTime : kNotInTime);
    next_address_ = addresses_.size();
    TryNextAddress();
  });
  request_ = resolver_.Resolve(
      host, port, [this](std::vector<SocketAddress> addresses, const std::string& error) {
        request_ = 0;
        if (!error.empty()) return Fail(error);
        addresses_ = std::move(addresses);
        memory_.Order(host_, addresses_);
        TryNextAddress();
      });
  if (request_ == 0) {
    loop_.Cancel(timer_);
    timer_ = loop_.At(loop_.Now(), [this] {
      timer_ = 0;
      Fail("too many host names wait to be resolved");
    });
  }
}

void TcpSocket::AddressFailed(const std::string& why) {
  failures_.push_back(addresses_.size() > 1 ? peer_ + ": " + why : why);
  TryNextAddress();
}

// Each address gets an equal share of the time that is left.
void TcpSocket::TryNextAddress() {
  Close();
  loop_.Cancel(std::exchange(share_timer_, 0));
  if (next_address_ == addresses_.size()) {
    // In an order of their own: the name server's changes, and the log tells of what is new.
    std::ranges::sort(failures_);
    if (failures_.size() > kNamedAddresses) failures_.resize(kNamedAddresses);
    std::string all;
    for (const std::string& failure : failures_) all += (all.empty() ? "" : "; ") + failure;
    return Fail(all.empty() ? "the host name has no address" : all);
  }
  const auto left = static_cast<int64_t>(addresses_.size() - next_address_);
  const SocketAddress& address = addresses_[next_address_++];
  peer_ = ToText(address);
  if (!Open(address)) return AddressFailed(std::strerror(errno));
  watched_for_ = EPOLLOUT;
  loop_.Watch(fd_.get(), watched_for_, [this](uint32_t events) {
    if (connected_) {
      owner_.OnSocketReady(events);
    } else {
      OnConnectDone();
    }
  });
  if (left > 1) {
    share_timer_ = loop_.After((deadline_ - loop_.Now()) / left, [this] {
      share_timer_ = 0;
      AddressFailed(kNotInTime);
    });
  }
}

bool TcpSocket::Open(const SocketAddress& address) {
  fd_.Reset(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd_) return false;
  SetOption(fd_.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  SetOption(fd_.get(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, kUnsentBytes);
  SetOption(fd_.get(), SOL_SOCKET, SO_KEEPALIVE, 1);
  SetOption(fd_.get(), IPPROTO_TCP, TCP_KEEPIDLE, kKeepaliveIdleSeconds);
  SetOption(fd_.get(), IPPROTO_TCP, TCP_KEEPINTVL, kKeepaliveEverySeconds);
  SetOption(fd_.get(), IPPROTO_TCP, TCP_KEEPCNT, kKeepaliveProbes);
  const int result =
      ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.length);
  return result == 0 || errno == EINPROGRESS || errno == EINTR;
}

void TcpSocket::OnConnectDone() {
  int error = 0;
  socklen_t length = sizeof error;
  if (::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
  if (error != 0) return AddressFailed(std::strerror(error));
  connected_ = true;
  memory_.Answered(host_, addresses_[next_address_ - 1]);
  StopTimers();
  user_timeout_.Attach(fd_.get());
  Watch(EPOLLIN);
  owner_.OnSocketConnected();
}

TcpSocket::Result TcpSocket::Send(std::span<const iovec> slots) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(slots.data());
  message.msg_iovlen = slots.size();
  ssize_t sent = -1;
  do {
    sent = ::sendmsg(fd_.get(), &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent >= 0) {
    user_timeout_.OnWritten();
    return {static_cast<size_t>(sent)};
  }
  return {0, errno == EAGAIN || errno == EWOULDBLOCK ? 0 : errno};
}

TcpSocket::Result TcpSocket::Receive(std::span<char> buffer) {
  const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
  if (got > 0) return {static_cast<size_t>(got)};
  if (got == 0) return {0, 0, true};
  return {0, errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : errno};
}

void TcpSocket::Watch(uint32_t events) {
  if (!fd_ || events == watched_for_) return;
  watched_for_ = events;
  loop_.Rewatch(fd_.get(), events);
}

void TcpSocket::Close() {
  if (!fd_) return;
  user_timeout_.Detach();
  loop_.Unwatch(fd_.get());
  fd_.Reset();
}

void TcpSocket::StopTimers() {
  loop_.Cancel(std::exchange(timer_, 0));
  loop_.Cancel(std::exchange(share_timer_, 0));
}

void TcpSocket::Fail(const std::string& why) {
  StopTimers();
  resolver_.Cancel(std::exchange(request_, 0));
  Close();
  owner_.OnSocketFailed(std::string(why));
}

}  // namespace amqp_sidecar::amqp
