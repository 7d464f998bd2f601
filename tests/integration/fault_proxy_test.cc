// The fault proxy does what it says, seen from two plain sockets: no drill means much without it.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <numeric>

#include "support/catch.h"
#include "support/eventually.h"
#include "support/fault_proxy.h"

namespace amqp_sidecar::test {
namespace {

using Clock = std::chrono::steady_clock;
using Way = FaultProxy::Way;

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) { REQUIRE(fd >= 0); }
  ~Socket() { close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  int fd() const { return fd_; }
  void Send(const std::string& bytes) {
    REQUIRE(send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == ssize_t(bytes.size()));
  }
  // What one call of recv brings; empty: the end, a reset (see `error`), or nothing in that time.
  std::string Receive(Millis deadline = 2s) {
    pollfd polled{fd_, POLLIN, 0};
    error_ = 0;
    timed_out_ = poll(&polled, 1, static_cast<int>(deadline.count())) == 0;
    if (timed_out_) return "";
    char buffer[65536];
    const ssize_t count = recv(fd_, buffer, sizeof buffer, 0);
    if (count < 0) error_ = errno;
    return count > 0 ? std::string(buffer, static_cast<size_t>(count)) : "";
  }
  // Until so many came, or no more do.
  std::string ReceiveAll(size_t size) {
    std::string all;
    while (all.size() < size) {
      const std::string more = Receive();
      if (more.empty()) break;
      all += more;
    }
    return all;
  }
  int Error() const { return error_; }
  bool HasEnded() { return Receive().empty() && !timed_out_; }
  bool WasReset() { return HasEnded() && error_ == ECONNRESET; }
  bool IsSilent(Millis span) { return Receive(span).empty() && timed_out_; }

 private:
  int fd_;
  int error_ = 0;
  bool timed_out_ = false;
};

// A broker that does nothing: it listens, and the test reads and writes for it.
class Peer {
 public:
  Peer() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = Loopback(0);
    socklen_t size = sizeof address;
    REQUIRE(bind(listener_.fd(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(listen(listener_.fd(), 8) == 0);
    REQUIRE(getsockname(listener_.fd(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
  }
  uint16_t port() const { return port_; }
  int Accept() { return accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC); }

 private:
  Socket listener_;
  uint16_t port_ = 0;
};

int Dial(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Loopback(port);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
  close(fd);
  return -1;
}

struct Wire {
  Peer peer;
  FaultProxy proxy{peer.port()};
  Socket client{Dial(proxy.port())};
  Socket broker{peer.Accept()};
};

std::string Pattern(size_t size) {
  std::string bytes(size, '\0');
  std::iota(bytes.begin(), bytes.end(), '\1');
  return bytes;
}

Millis Since(Clock::time_point start) {
  return std::chrono::duration_cast<Millis>(Clock::now() - start);
}

TEST_CASE("The fault proxy passes on both ways what it is given, and the end") {
  Wire wire;
  const std::string bytes = Pattern(3'000'000);
  std::thread sender([&] { wire.client.Send(bytes); });
  CHECK(wire.broker.ReceiveAll(bytes.size()) == bytes);
  sender.join();
  wire.broker.Send("back");
  CHECK(wire.client.Receive() == "back");
  shutdown(wire.broker.fd(), SHUT_RDWR);
  CHECK(wire.client.HasEnded());
  CHECK(Eventually(2s, [&] { return wire.proxy.open() == 0; }));
}

TEST_CASE("The fault proxy delays one direction, and with jitter keeps the order") {
  Wire wire;
  Faults slow;
  slow.delay = 100ms;
  slow.jitter = 40ms;
  wire.proxy.Set(Way::kToBroker, slow);
  const auto start = Clock::now();
  const std::string bytes = Pattern(200);
  for (const char byte : bytes) wire.client.Send(std::string(1, byte));
  CHECK(wire.broker.ReceiveAll(bytes.size()) == bytes);
  CHECK(Since(start) >= 100ms);
  CHECK(Since(start) < 1s);
  const auto back = Clock::now();
  wire.broker.Send("fast");
  CHECK(wire.client.Receive() == "fast");
  CHECK(Since(back) < 80ms);
}

TEST_CASE("The fault proxy holds a direction to a rate") {
  Wire wire;
  Faults narrow;
  narrow.bytes_per_second = 100'000;
  wire.proxy.Set(Way::kToClient, narrow);
  const auto start = Clock::now();
  const std::string bytes = Pattern(50'000);
  wire.broker.Send(bytes);
  CHECK(wire.client.ReceiveAll(bytes.size()) == bytes);
  CHECK(Since(start) > 450ms);
  CHECK(Since(start) < 1500ms);
}

TEST_CASE("The fault proxy cuts a connection after exactly the planned byte, once") {
  for (const Ending ending : {Ending::kClose, Ending::kReset}) {
    for (const uint64_t after : {uint64_t{0}, uint64_t{1}, uint64_t{7}, uint64_t{70'000}}) {
      CAPTURE(after, ending == Ending::kReset);
      Peer peer;
      FaultProxy proxy(peer.port());
      proxy.PlanCuts({{Way::kToBroker, after, ending}});
      CHECK(proxy.cuts_left() == 1);
      const std::string bytes = Pattern(100'000);
      {
        Socket client(Dial(proxy.port()));
        Socket broker(peer.Accept());
        if (after > 0) client.Send(bytes);
        CHECK(broker.ReceiveAll(after) == bytes.substr(0, after));
        CHECK((ending == Ending::kReset ? broker.WasReset() : broker.HasEnded()));
        CHECK(client.HasEnded());
      }
      CHECK(proxy.cuts_left() == 0);
      Socket client(Dial(proxy.port()));
      Socket broker(peer.Accept());
      client.Send(bytes);
      CHECK(broker.ReceiveAll(bytes.size()) == bytes);
    }
  }
}

TEST_CASE("A black hole of the fault proxy takes bytes and forgets them, or does not take them") {
  Wire wire;
  Faults hole;
  hole.hole = Hole::kDiscard;
  wire.proxy.Set(Way::kToBroker, hole);
  wire.client.Send("forgotten");
  CHECK(wire.broker.IsSilent(100ms));
  wire.broker.Send("the other way works");
  CHECK(wire.client.Receive() == "the other way works");
  wire.proxy.Restore();
  wire.client.Send("after");
  CHECK(wire.broker.Receive() == "after");

  hole.hole = Hole::kStopReading;
  wire.proxy.SetBoth(hole);
  const std::string much = Pattern(100'000);
  wire.client.Send(much);
  wire.broker.Send("held back");
  CHECK(wire.broker.IsSilent(100ms));
  CHECK(wire.client.IsSilent(100ms));
  // The window fills: somewhere below 32 MB nothing more is taken.
  const int before = fcntl(wire.client.fd(), F_GETFL);
  fcntl(wire.client.fd(), F_SETFL, before | O_NONBLOCK);
  size_t taken = 0;
  while (taken < 32'000'000) {
    const ssize_t count = send(wire.client.fd(), much.data(), much.size(), MSG_NOSIGNAL);
    if (count < 0) break;
    taken += static_cast<size_t>(count);
  }
  CHECK(errno == EAGAIN);
  CHECK(taken < 32'000'000);
  wire.proxy.Restore();
  CHECK(wire.client.Receive() == "held back");
  CHECK(wire.broker.ReceiveAll(much.size() + taken).size() == much.size() + taken);
}

TEST_CASE("The fault proxy resets, and closes, what is open, and serves the next") {
  for (const Ending ending : {Ending::kClose, Ending::kReset}) {
    CAPTURE(ending == Ending::kReset);
    Wire wire;
    wire.client.Send("one");
    CHECK(wire.broker.Receive() == "one");
    wire.proxy.End(ending);
    CHECK((ending == Ending::kReset ? wire.client.WasReset() : wire.client.HasEnded()));
    CHECK((ending == Ending::kReset ? wire.broker.WasReset() : wire.broker.HasEnded()));
    Socket next(Dial(wire.proxy.port()));
    Socket broker(wire.peer.Accept());
    next.Send("two");
    CHECK(broker.Receive() == "two");
    CHECK(wire.proxy.accepted() == 2);
  }
}

TEST_CASE("The fault proxy refuses until it is restored") {
  Wire wire;
  wire.proxy.TakeAway();
  CHECK(wire.client.HasEnded());
  CHECK(Dial(wire.proxy.port()) == -1);
  CHECK(errno == ECONNREFUSED);
  wire.proxy.Restore();
  Socket again(Dial(wire.proxy.port()));
}

TEST_CASE("The fault proxy makes segments of one byte, and inverts the byte it is told to") {
  Wire wire;
  Faults odd;
  odd.segment = 1;
  odd.corrupt_at = 5;
  wire.proxy.Set(Way::kToBroker, odd);
  const std::string bytes = Pattern(2'000);
  wire.client.Send(bytes);
  std::string expected = bytes;
  expected[5] = static_cast<char>(~expected[5]);
  // Somewhere a single byte arrives alone; a fast sender may have its segments read together.
  const std::string first = wire.broker.Receive();
  CHECK(first.size() < bytes.size());
  CHECK(first + wire.broker.ReceiveAll(bytes.size() - first.size()) == expected);
}

TEST_CASE("Packets that the fault proxy drops are never acknowledged, until it is restored") {
  Wire wire;
  wire.client.Send("before");
  CHECK(wire.broker.Receive() == "before");
  wire.proxy.DropPackets();
  const unsigned limit_ms = 400;
  REQUIRE(setsockopt(wire.client.fd(), IPPROTO_TCP, TCP_USER_TIMEOUT, &limit_ms, sizeof limit_ms) ==
          0);
  wire.client.Send("dropped");
  CHECK(wire.broker.IsSilent(100ms));
  // What tells a wire that was pulled from a peer that is merely slow.
  CHECK(wire.client.Receive(5s).empty());
  CHECK(wire.client.Error() == ETIMEDOUT);
  wire.proxy.Restore();
  Socket again(Dial(wire.proxy.port()));
  Socket broker(wire.peer.Accept());
  again.Send("after");
  CHECK(broker.Receive() == "after");
}

}  // namespace
}  // namespace amqp_sidecar::test
