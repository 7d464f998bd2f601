// PipeRig: a pipe on a real loop and real sockets, and the server at its other end. One test
// thread, and one thread of its own that runs the loop.
#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "amqp/endpoint.h"
#include "amqp/network_dialer.h"
#include "base/event_loop.h"
#include "base/unique_fd.h"
#include "support/catch.h"

namespace amqp_sidecar::amqp {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A listening socket on a free port of the loopback.
class Server {
 public:
  Server() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(fd_.get(), 8) == 0);
    socklen_t length = sizeof address;
    REQUIRE(::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &length) == 0);
    port_ = ntohs(address.sin_port);
  }

  uint16_t port() const { return port_; }
  Endpoint endpoint(const std::string& host = "127.0.0.1") const {
    Endpoint endpoint;
    endpoint.host = host;
    endpoint.port = port_;
    return endpoint;
  }
  base::UniqueFd Accept() {
    pollfd poll_for{fd_.get(), POLLIN, 0};
    REQUIRE(::poll(&poll_for, 1, 10'000) == 1);
    return base::UniqueFd(::accept(fd_.get(), nullptr, nullptr));
  }
  // The pipe's own socket: the only one here that is connected to this server.
  int ConnectedSocket() const {
    for (int fd = 3; fd < 256; ++fd) {
      sockaddr_in peer{};
      socklen_t length = sizeof peer;
      if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &length) != 0) continue;
      if (peer.sin_family == AF_INET && ntohs(peer.sin_port) == port_) return fd;
    }
    return -1;
  }
  void StopListening() { fd_.Reset(); }
  // Connects as often as the kernel answers; what it returns keeps it so.
  std::vector<base::UniqueFd> FillBacklog() const {
    std::vector<base::UniqueFd> sockets;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port_);
    while (sockets.size() < 100) {
      sockets.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      const int fd = sockets.back().get();
      (void)::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
      pollfd poll_for{fd, POLLOUT, 0};
      if (::poll(&poll_for, 1, 50) == 0) return sockets;
    }
    FAIL("the backlog has no end");
    return sockets;
  }

 private:
  base::UniqueFd fd_;
  uint16_t port_ = 0;
};

// A loop on a thread of its own, and a pipe on it. All state belongs to that thread: tests look at
// it with On() and Eventually().
class PipeRig final : public Transport::Listener {
 public:
  explicit PipeRig(TlsOptions tls = {})
      : dialer_(NewNetworkDialer(*loop_, std::move(tls))), thread_([this] { loop_->Run(); }) {}
  ~PipeRig() override {
    On([&] {
      pipe.reset();
      dialer_.reset();
    });
    loop_->Stop();
    thread_.join();
  }

  // Runs `task` on the loop's thread and waits for it.
  void On(const std::function<void()>& task) {
    std::promise<void> done;
    REQUIRE(loop_->Post(
        [&] {
          task();
          done.set_value();
        },
        0));
    done.get_future().wait();
  }

  bool Eventually(const std::function<bool()>& condition, base::Duration within = seconds(10)) {
    const base::TimePoint deadline = std::chrono::steady_clock::now() + within;
    bool met = false;
    while (!met && std::chrono::steady_clock::now() < deadline) {
      On([&] { met = condition(); });
      if (!met) std::this_thread::sleep_for(milliseconds(1));
    }
    return met;
  }

  void Dial(const Endpoint& endpoint, base::Duration within = seconds(10)) {
    On([&] {
      pipe = dialer_->Dial(endpoint, std::chrono::steady_clock::now() + within, *this);
      CHECK_FALSE(connected);
      CHECK_FALSE(closed);
    });
  }

  void DialAndDestroy(const Endpoint& endpoint) {
    On([&] {
      dialer_->Dial(endpoint, std::chrono::steady_clock::now() + seconds(10), *this).reset();
    });
  }

  void OnConnected() override {
    connected = true;
    if (pause_on_connected) pipe->SetReading(false);
    if (destroy_on_connected) pipe.reset();
  }
  void OnBytes(std::string_view bytes) override {
    received += bytes;
    if (pause_on_bytes) pipe->SetReading(false);
    if (destroy_on_bytes) pipe.reset();
  }
  void OnWritable() override { ++writable; }
  void OnClosed(const std::string& why) override {
    CHECK_FALSE(closed);
    closed = true;
    reason = why;
    if (destroy_on_closed) pipe.reset();
  }

  size_t Write(std::string_view bytes) {
    const iovec slot{const_cast<char*>(bytes.data()), bytes.size()};
    return pipe->Write({&slot, 1});
  }

  std::unique_ptr<Transport> pipe;
  bool connected = false;
  bool closed = false;
  int writable = 0;
  std::string received;
  std::string reason;
  bool pause_on_connected = false;
  bool pause_on_bytes = false;
  bool destroy_on_connected = false;
  bool destroy_on_bytes = false;
  bool destroy_on_closed = false;

 private:
  std::unique_ptr<base::EventLoop> loop_ = std::make_unique<base::EventLoop>();
  std::unique_ptr<Dialer> dialer_;
  std::thread thread_;
};

inline void Send(const base::UniqueFd& socket, std::string_view bytes) {
  REQUIRE(::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(bytes.size()));
}

// Reads until `size` bytes are there or the other side is done.
inline std::string Receive(const base::UniqueFd& socket, size_t size) {
  std::string all;
  std::array<char, 65536> buffer;
  while (all.size() < size) {
    const ssize_t got = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
    if (got <= 0) break;
    all.append(buffer.data(), static_cast<size_t>(got));
  }
  return all;
}

}  // namespace amqp_sidecar::amqp
