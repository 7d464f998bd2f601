#include "amqp/tcp_transport.h"

#include <array>
#include <cstring>
#include <string>

namespace amqp_sidecar::amqp {
namespace {

class TcpTransport final : public Transport, TcpSocket::Owner {
 public:
  TcpTransport(const TcpSocket::Network& network, Listener& listener)
      : listener_(listener), socket_(network, *this) {}

  void Begin(const Endpoint& endpoint, base::TimePoint deadline) {
    socket_.Connect(endpoint.host, endpoint.port, deadline);
  }

  size_t Write(std::span<const iovec> slots) override {
    if (!socket_.connected() || broken_ || slots.empty()) return 0;
    size_t given = 0;
    for (const iovec& slot : slots) given += slot.iov_len;
    const TcpSocket::Result sent = socket_.Send(slots);
    if (sent.error != 0) {
      // The reading side hears of it too, and may still hold what the broker said last.
      broken_ = true;
      write_error_ = std::strerror(sent.error);
      Watch();
      return 0;
    }
    if (sent.bytes < given) {
      wants_write_ = true;
      Watch();
    }
    return sent.bytes;
  }

  void SetReading(bool reading) override {
    reading_ = reading;
    if (socket_.connected()) Watch();
  }

  void SetUserTimeout(base::Duration timeout) override { socket_.user_timeout().Set(timeout); }

  std::string PeerAddress() const override { return socket_.peer(); }

 private:
  void OnSocketConnected() override {
    Watch();
    listener_.OnConnected();
  }

  void OnSocketFailed(const std::string& why) override { End(why); }

  void OnSocketReady(uint32_t events) override {
    const std::weak_ptr<char> alive = alive_;
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
      Read((events & (EPOLLHUP | EPOLLERR)) != 0);
      if (alive.expired()) return;
    }
    if ((events & EPOLLOUT) != 0 && wants_write_ && !broken_) {
      wants_write_ = false;
      Watch();
      listener_.OnWritable();
    }
  }

  // `failed`: the socket has an error or was hung up, so that what is not read now never will be.
  void Read(bool failed) {
    if (!reading_ && !failed) return;
    const std::weak_ptr<char> alive = alive_;
    // The listener may destroy the transport; what it was given stays to the end of the call.
    const std::shared_ptr<Buffer> buffer = buffer_;
    for (int i = 0; i < kSocketReadsPerTurn && reading_; ++i) {
      const TcpSocket::Result got = socket_.Receive(*buffer);
      if (got.error != 0) return End(std::strerror(got.error));
      if (got.end) {
        return End(write_error_.empty() ? "the other side closed the connection" : write_error_);
      }
      if (got.bytes == 0) return;
      listener_.OnBytes({buffer->data(), got.bytes});
      if (alive.expired() || ended_) return;
      if (got.bytes < buffer->size()) return;
    }
    if (failed && !reading_) End("the connection broke");
  }

  void Watch() {
    socket_.Watch((reading_ ? uint32_t{EPOLLIN} : 0u) |
                  (wants_write_ && !broken_ ? uint32_t{EPOLLOUT} : 0u));
  }

  // The last call of the listener, which may destroy the transport in it.
  void End(const std::string& why) {
    socket_.Close();
    broken_ = ended_ = true;
    listener_.OnClosed(std::string(why));
  }

  using Buffer = std::array<char, kSocketReadBytes>;

  // Constant after construction.
  Listener& listener_;

  // Owned by the io thread.
  TcpSocket socket_;
  bool broken_ = false;  // nothing can be written any more
  bool ended_ = false;
  std::string write_error_;
  bool reading_ = true;
  bool wants_write_ = false;
  const std::shared_ptr<char> alive_ = std::make_shared<char>();
  const std::shared_ptr<Buffer> buffer_ = std::make_shared<Buffer>();
};

}  // namespace

std::unique_ptr<Transport> NewTcpTransport(const TcpSocket::Network& network,
                                           const Endpoint& endpoint, base::TimePoint deadline,
                                           Transport::Listener& listener) {
  auto transport = std::make_unique<TcpTransport>(network, listener);
  transport->Begin(endpoint, deadline);
  return transport;
}

}  // namespace amqp_sidecar::amqp
