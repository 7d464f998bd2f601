#include "amqp/tls_transport.h"

#include <array>
#include <cstring>
#include <string>
#include <utility>

#include "amqp/tls_session.h"

namespace amqp_sidecar::amqp {
namespace {

// Encrypted before it is offered to the kernel: several records a system call.
constexpr size_t kBoutBytes = 64u << 10;

class TlsTransport final : public Transport, TcpSocket::Owner {
 public:
  TlsTransport(const TcpSocket::Network& network, base::TimePoint deadline, Listener& listener)
      : loop_(network.loop), listener_(listener), deadline_(deadline), socket_(network, *this) {}

  ~TlsTransport() override {
    loop_.Cancel(timer_);
    if (state_ != State::kOpen || broken_) return;
    session_->Close();
    Flush();
  }

  void Begin(const TlsOptions& options, const Endpoint& endpoint) {
    absl::StatusOr<TlsContext> context = LoadTlsContext(options);
    if (!context.ok()) {
      timer_ = loop_.At(loop_.Now(), [this, why = std::string(context.status().message())] {
        timer_ = 0;
        End(why);
      });
      return;
    }
    session_ = std::make_unique<TlsSession>(
        *std::move(context), options.server_name.empty() ? endpoint.host : options.server_name,
        !options.cert_file.empty());
    socket_.Connect(endpoint.host, endpoint.port, deadline_);
  }

  size_t Write(std::span<const iovec> slots) override {
    if (state_ != State::kOpen || broken_) return 0;
    size_t given = 0;
    for (const iovec& slot : slots) given += slot.iov_len;
    size_t taken = 0;
    while (taken < given && Flush() && !broken_) {
      while (taken < given && session_->output().size() < kBoutBytes) {
        const size_t size = session_->Encrypt(slots, taken);
        taken += size;
        if (size > 0) continue;
        BreakWriting(session_->error());
        return taken;
      }
    }
    Flush();
    owes_writable_ = taken < given;
    Watch();
    return taken;
  }

  void SetReading(bool reading) override {
    reading_ = reading;
    if (state_ != State::kOpen) return;
    Watch();
    if (!reading_) return;
    // What is decrypted already would not wake the loop.
    loop_.Defer([this, alive = std::weak_ptr<char>(alive_)] {
      if (!alive.expired() && state_ == State::kOpen) Deliver();
    });
  }

  void SetUserTimeout(base::Duration timeout) override { socket_.user_timeout().Set(timeout); }

  std::string PeerAddress() const override { return socket_.peer(); }

 private:
  enum class State { kConnecting, kHandshake, kOpen, kEnded };

  void OnSocketConnected() override {
    state_ = State::kHandshake;
    timer_ = loop_.At(deadline_, [this] {
      timer_ = 0;
      End("the TLS handshake was not finished in time");
    });
    Shake();
  }

  void OnSocketFailed(const std::string& why) override { End(why); }

  void OnSocketReady(uint32_t events) override {
    const std::weak_ptr<char> alive = alive_;
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
      Receive((events & (EPOLLHUP | EPOLLERR)) != 0);
      if (alive.expired() || state_ == State::kEnded) return;
    }
    if ((events & EPOLLOUT) == 0 || !Flush()) return;
    const bool tell = std::exchange(owes_writable_, false) && !broken_;
    Watch();
    if (tell) listener_.OnWritable();
  }

  // `failed`: the socket has an error or was hung up, so that what is not read now never will be.
  void Receive(bool failed) {
    const std::weak_ptr<char> alive = alive_;
    for (int i = 0; i < kSocketReadsPerTurn && wants_read(); ++i) {
      const TcpSocket::Result got = socket_.Receive(*buffer_);
      if (got.error != 0) return End(std::strerror(got.error));
      if (got.end) return End(EndOfBytes());
      if (got.bytes == 0) return;
      session_->Feed({buffer_->data(), got.bytes});
      if (state_ == State::kHandshake) {
        Shake();
      } else {
        Deliver();
      }
      if (alive.expired() || state_ == State::kEnded) return;
      if (got.bytes < buffer_->size()) return;
    }
    if (failed && !wants_read()) End("the connection broke");
  }

  void Shake() {
    const TlsSession::Progress progress = session_->Handshake();
    Flush();
    if (progress == TlsSession::Progress::kNeedsMore) return Watch();
    if (progress != TlsSession::Progress::kDone) {
      return End(progress == TlsSession::Progress::kFailed ? session_->error() : EndOfBytes());
    }
    state_ = State::kOpen;
    loop_.Cancel(std::exchange(timer_, 0));
    Watch();
    const std::weak_ptr<char> alive = alive_;
    listener_.OnConnected();
    if (!alive.expired() && state_ == State::kOpen) Deliver();
  }

  // All that is decrypted, or can be.
  void Deliver() {
    const std::weak_ptr<char> alive = alive_;
    // The listener may destroy the transport; what it was given stays to the end of the call.
    const std::shared_ptr<Buffer> plain = plain_;
    while (reading_) {
      size_t size = 0;
      const TlsSession::Progress progress = session_->Read(*plain, size);
      switch (progress) {
        case TlsSession::Progress::kDone:
          listener_.OnBytes({plain->data(), size});
          if (alive.expired() || state_ == State::kEnded) return;
          continue;
        case TlsSession::Progress::kNeedsMore:
          // An answer to a change of keys, perhaps.
          Flush();
          return Watch();
        case TlsSession::Progress::kEnded:
          return End(EndOfBytes());
        case TlsSession::Progress::kFailed:
          Flush();
          return End(session_->error());
      }
    }
  }

  // Whether all that is encrypted is with the kernel, or never will be.
  bool Flush() {
    while (!broken_ && !session_->output().empty()) {
      const std::string_view output = session_->output();
      const iovec slot{const_cast<char*>(output.data()), output.size()};
      const TcpSocket::Result sent = socket_.Send({&slot, 1});
      if (sent.error != 0) {
        BreakWriting(std::strerror(sent.error));
        return true;
      }
      if (sent.bytes == 0) return false;
      session_->MarkSent(sent.bytes);
    }
    return true;
  }

  // The reading side hears of it too, and may still hold what the broker said last.
  void BreakWriting(const std::string& why) {
    broken_ = true;
    write_error_ = why;
  }

  std::string EndOfBytes() const {
    if (!write_error_.empty()) return write_error_;
    return state_ == State::kHandshake
               ? "the other side closed the connection during the TLS handshake"
               : "the other side closed the connection";
  }

  bool wants_read() const { return reading_ || state_ == State::kHandshake; }

  void Watch() {
    const bool wants_write = !broken_ && (owes_writable_ || !session_->output().empty());
    socket_.Watch((wants_read() ? uint32_t{EPOLLIN} : 0u) |
                  (wants_write ? uint32_t{EPOLLOUT} : 0u));
  }

  // The last call of the listener, which may destroy the transport in it.
  void End(const std::string& why) {
    state_ = State::kEnded;
    loop_.Cancel(std::exchange(timer_, 0));
    socket_.Close();
    listener_.OnClosed(std::string(why));
  }

  using Buffer = std::array<char, kSocketReadBytes>;

  // Constant after construction.
  base::EventLoop& loop_;
  Listener& listener_;
  const base::TimePoint deadline_;

  // Owned by the io thread.
  TcpSocket socket_;
  std::unique_ptr<TlsSession> session_;
  State state_ = State::kConnecting;
  base::TimerId timer_ = 0;  // the deadline of the handshake
  bool broken_ = false;      // nothing can be written any more
  std::string write_error_;  // why
  bool reading_ = true;
  bool owes_writable_ = false;
  const std::shared_ptr<char> alive_ = std::make_shared<char>();
  const std::unique_ptr<Buffer> buffer_ = std::make_unique<Buffer>();
  const std::shared_ptr<Buffer> plain_ = std::make_shared<Buffer>();
};

}  // namespace

std::unique_ptr<Transport> NewTlsTransport(const TcpSocket::Network& network,
                                           const TlsOptions& options, const Endpoint& endpoint,
                                           base::TimePoint deadline,
                                           Transport::Listener& listener) {
  auto transport = std::make_unique<TlsTransport>(network, deadline, listener);
  transport->Begin(options, endpoint);
  return transport;
}

}  // namespace amqp_sidecar::amqp
