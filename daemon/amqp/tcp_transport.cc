#include "amqp/tcp_transport.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "amqp/resolver.h"
#include "base/unique_fd.h"

namespace amqp_sidecar::amqp {
namespace {

// What is read at once, and how often in one turn of the loop.
constexpr size_t kReadBytes = 64u << 10;
constexpr int kReadsPerTurn = 4;

// Bytes in the kernel that are not yet sent: more would only make control frames wait behind them.
constexpr int kUnsentBytes = 256 << 10;

std::string ErrorText(int error) { return std::strerror(error); }

void SetOption(int fd, int level, int name, int value) {
  // All of them are improvements only: a socket without them works.
  (void)::setsockopt(fd, level, name, &value, sizeof value);
}

class TcpTransport final : public Transport {
 public:
  TcpTransport(base::EventLoop& loop, Resolver& resolver, base::TimePoint deadline,
               Listener& listener)
      : loop_(loop), resolver_(resolver), listener_(listener), deadline_(deadline) {}

  ~TcpTransport() override {
    loop_.Cancel(timer_);
    resolver_.Cancel(request_);
    CloseSocket();
  }

  void Begin(const Endpoint& endpoint) {
    timer_ = loop_.At(deadline_, [this] {
      timer_ = 0;
      End(request_ != 0 ? "the host name was not resolved in time"
                        : "no answer within the connect timeout");
    });
    request_ =
        resolver_.Resolve(endpoint.host, endpoint.port,
                          [this](std::vector<SocketAddress> addresses, const std::string& error) {
                            request_ = 0;
                            if (!error.empty()) return End(error);
                            addresses_ = std::move(addresses);
                            TryNextAddress("the host name has no address");
                          });
    if (request_ == 0) {
      loop_.Cancel(std::exchange(timer_, 0));
      timer_ = loop_.At(loop_.Now(), [this] {
        timer_ = 0;
        End("too many host names wait to be resolved");
      });
    }
  }

  size_t Write(std::span<const iovec> slots) override {
    if (!connected_ || broken_ || slots.empty()) return 0;
    size_t given = 0;
    for (const iovec& slot : slots) given += slot.iov_len;
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(slots.data());
    message.msg_iovlen = slots.size();
    ssize_t sent = -1;
    do {
      sent = ::sendmsg(fd_.get(), &message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
      // The reading side hears of it too, and may still hold what the broker said last.
      broken_ = true;
      write_error_ = ErrorText(errno);
      WatchFor();
      return 0;
    }
    const size_t taken = sent < 0 ? 0 : static_cast<size_t>(sent);
    if (taken < given) {
      wants_write_ = true;
      WatchFor();
    }
    return taken;
  }

  void SetReading(bool reading) override {
    reading_ = reading;
    if (connected_) WatchFor();
  }

 private:
  // Each address gets an equal share of the time that is left.
  void TryNextAddress(const std::string& why_not_the_last) {
    CloseSocket();
    loop_.Cancel(std::exchange(share_timer_, 0));
    if (next_address_ == addresses_.size()) return End(why_not_the_last);
    const auto left = static_cast<int64_t>(addresses_.size() - next_address_);
    const SocketAddress& address = addresses_[next_address_++];
    fd_.Reset(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd_) return TryNextAddress(ErrorText(errno));
    SetOption(fd_.get(), IPPROTO_TCP, TCP_NODELAY, 1);
    SetOption(fd_.get(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, kUnsentBytes);
    SetOption(fd_.get(), SOL_SOCKET, SO_KEEPALIVE, 1);
    const int result =
        ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.length);
    if (result != 0 && errno != EINPROGRESS && errno != EINTR) {
      return TryNextAddress(ErrorText(errno));
    }
    watched_for_ = EPOLLOUT;
    loop_.Watch(fd_.get(), watched_for_, [this](uint32_t events) { OnReady(events); });
    if (left > 1) {
      share_timer_ = loop_.After((deadline_ - loop_.Now()) / left, [this] {
        share_timer_ = 0;
        TryNextAddress("no answer within the connect timeout");
      });
    }
  }

  void OnReady(uint32_t events) {
    if (!connected_) return OnConnectDone();
    const std::weak_ptr<char> alive = alive_;
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
      Read((events & (EPOLLHUP | EPOLLERR)) != 0);
      if (alive.expired()) return;
    }
    if ((events & EPOLLOUT) != 0 && wants_write_ && fd_) {
      wants_write_ = false;
      WatchFor();
      listener_.OnWritable();
    }
  }

  void OnConnectDone() {
    int error = 0;
    socklen_t length = sizeof error;
    if (::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
    if (error != 0) return TryNextAddress(ErrorText(error));
    connected_ = true;
    loop_.Cancel(std::exchange(timer_, 0));
    loop_.Cancel(std::exchange(share_timer_, 0));
    WatchFor();
    listener_.OnConnected();
  }

  // `failed`: the socket has an error or was hung up, so that what is not read now never will be.
  void Read(bool failed) {
    if (!reading_ && !failed) return;
    const std::weak_ptr<char> alive = alive_;
    // The listener may destroy the transport; what it was given stays to the end of the call.
    const std::shared_ptr<std::array<char, kReadBytes>> buffer = buffer_;
    for (int i = 0; i < kReadsPerTurn && reading_; ++i) {
      const ssize_t got = ::recv(fd_.get(), buffer->data(), buffer->size(), 0);
      if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
      if (got < 0) return End(ErrorText(errno));
      if (got == 0) {
        return End(write_error_.empty() ? "the other side closed the connection" : write_error_);
      }
      const auto size = static_cast<size_t>(got);
      listener_.OnBytes({buffer->data(), size});
      if (alive.expired() || !fd_) return;
      if (size < buffer->size()) return;
    }
    if (failed && !reading_) End("the connection broke");
  }

  void WatchFor() {
    if (!fd_) return;
    const uint32_t events =
        (reading_ ? uint32_t{EPOLLIN} : 0u) | (wants_write_ && !broken_ ? uint32_t{EPOLLOUT} : 0u);
    if (events == watched_for_) return;
    watched_for_ = events;
    loop_.Rewatch(fd_.get(), events);
  }

  void CloseSocket() {
    if (!fd_) return;
    loop_.Unwatch(fd_.get());
    fd_.Reset();
  }

  // The last call of the listener, which may destroy the transport in it.
  void End(const std::string& why) {
    loop_.Cancel(std::exchange(timer_, 0));
    loop_.Cancel(std::exchange(share_timer_, 0));
    resolver_.Cancel(std::exchange(request_, 0));
    CloseSocket();
    broken_ = true;
    const std::string text = why;
    listener_.OnClosed(text);
  }

  // Constant after construction.
  base::EventLoop& loop_;
  Resolver& resolver_;
  Listener& listener_;
  const base::TimePoint deadline_;

  // Owned by the io thread.
  base::TimerId timer_ = 0;        // the deadline
  base::TimerId share_timer_ = 0;  // of one address
  Resolver::Request request_ = 0;
  std::vector<SocketAddress> addresses_;
  size_t next_address_ = 0;
  base::UniqueFd fd_;
  uint32_t watched_for_ = 0;
  bool connected_ = false;
  bool broken_ = false;      // nothing can be written any more
  std::string write_error_;  // why
  bool reading_ = true;
  bool wants_write_ = false;
  const std::shared_ptr<char> alive_ = std::make_shared<char>();
  const std::shared_ptr<std::array<char, kReadBytes>> buffer_ =
      std::make_shared<std::array<char, kReadBytes>>();
};

class TcpDialer final : public Dialer {
 public:
  explicit TcpDialer(base::EventLoop& loop) : loop_(loop), resolver_(loop) {}

  std::unique_ptr<Transport> Dial(const Endpoint& endpoint, base::TimePoint deadline,
                                  Transport::Listener& listener) override {
    auto transport = std::make_unique<TcpTransport>(loop_, resolver_, deadline, listener);
    transport->Begin(endpoint);
    return transport;
  }

 private:
  base::EventLoop& loop_;
  Resolver resolver_;
};

}  // namespace

std::unique_ptr<Dialer> NewTcpDialer(base::EventLoop& loop) {
  return std::make_unique<TcpDialer>(loop);
}

}  // namespace amqp_sidecar::amqp
