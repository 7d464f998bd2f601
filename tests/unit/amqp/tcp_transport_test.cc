// The TCP pipe on a real loop and real sockets: connecting, both directions, and every way to end.
#include "amqp/tcp_transport.h"

#include <netinet/tcp.h>

#include <array>
#include <vector>

#include "pipe_rig.h"
#include "support/catch.h"

namespace amqp_sidecar::amqp {
namespace {

TEST_CASE("a pipe connects by address and by name, and carries bytes both ways") {
  Server server;
  PipeRig rig;
  // "127.1" is for the system's resolver, and needs no /etc/hosts: a minimal system has none.
  rig.Dial(server.endpoint(GENERATE(as<std::string>(), "127.0.0.1", "127.1")));
  const base::UniqueFd peer = server.Accept();
  REQUIRE(rig.Eventually([&] { return rig.connected; }));
  rig.On([&] { CHECK(rig.Write("hello") == 5); });
  CHECK(Receive(peer, 5) == "hello");
  Send(peer, "world");
  CHECK(rig.Eventually([&] { return rig.received == "world"; }));
}

TEST_CASE("several pieces go out with one write, in order") {
  Server server;
  PipeRig rig;
  rig.Dial(server.endpoint());
  const base::UniqueFd peer = server.Accept();
  REQUIRE(rig.Eventually([&] { return rig.connected; }));
  std::string a = "one ";
  std::string b = "two ";
  std::string c = "three";
  const std::array<iovec, 3> slots = {iovec{a.data(), a.size()}, iovec{b.data(), b.size()},
                                      iovec{c.data(), c.size()}};
  rig.On([&] { CHECK(rig.pipe->Write(slots) == 13); });
  CHECK(Receive(peer, 13) == "one two three");
}

TEST_CASE("a pipe whose other side reads slowly takes part, and says when it takes more") {
  Server server;
  PipeRig rig;
  rig.Dial(server.endpoint());
  const base::UniqueFd peer = server.Accept();
  REQUIRE(rig.Eventually([&] { return rig.connected; }));
  const std::string all(64u << 20, 'x');
  size_t written = 0;
  rig.On([&] {
    while (const size_t taken = rig.Write(all)) {
      CHECK(taken < all.size());
      written += taken;
    }
  });
  rig.On([&] { CHECK(rig.writable == 0); });
  CHECK(Receive(peer, written).size() == written);
  CHECK(rig.Eventually([&] { return rig.writable > 0; }));
  rig.On([&] { CHECK(rig.Write("more") == 4); });
  CHECK(Receive(peer, 4) == "more");
}

TEST_CASE("a pipe that is not to be read holds what comes until it is") {
  Server server;
  PipeRig rig;
  rig.Dial(server.endpoint());
  const base::UniqueFd peer = server.Accept();
  REQUIRE(rig.Eventually([&] { return rig.connected; }));
  rig.On([&] { rig.pipe->SetReading(false); });
  Send(peer, "later");
  CHECK_FALSE(rig.Eventually([&] { return !rig.received.empty(); }, milliseconds(50)));
  rig.On([&] { rig.pipe->SetReading(true); });
  CHECK(rig.Eventually([&] { return rig.received == "later"; }));
}

TEST_CASE("what the other side said before it closed is heard first") {
  Server server;
  PipeRig rig;
  rig.Dial(server.endpoint());
  base::UniqueFd peer = server.Accept();
  REQUIRE(rig.Eventually([&] { return rig.connected; }));
  const std::string words(300000, 'w');
  Send(peer, words);
  peer.Reset();
  REQUIRE(rig.Eventually([&] { return rig.closed; }));
  CHECK(rig.received == words);
  CHECK(rig.reason == "the other side closed the connection");
}

TEST_CASE("a reset ends the pipe, and writing to it takes nothing") {
  Server server;
  PipeRig rig;
  rig.Dial(server.endpoint());
  base::UniqueFd peer = server.Accept();
  REQUIRE(rig.Eventually([&] { return rig.connected; }));
  const linger hard{1, 0};
  ::setsockopt(peer.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  peer.Reset();
  REQUIRE(rig.Eventually([&] { return rig.closed; }));
  CHECK(rig.reason == "Connection reset by peer");
  rig.On([&] { CHECK(rig.Write("x") == 0); });
}

TEST_CASE("a port where nobody listens is told as refused") {
  Server server;
  const Endpoint endpoint = server.endpoint();
  server.StopListening();
  PipeRig rig;
  rig.Dial(endpoint);
  REQUIRE(rig.Eventually([&] { return rig.closed; }));
  CHECK(rig.reason == "Connection refused");
  CHECK_FALSE(rig.connected);
}

TEST_CASE("a pipe says which address answered, and a failure what each of several said") {
  Server server;
  PipeRig rig;
  Endpoint endpoint = server.endpoint("localhost");
  SECTION("answered") {
    rig.Dial(endpoint);
    const base::UniqueFd peer = server.Accept();
    REQUIRE(rig.Eventually([&] { return rig.connected; }));
    rig.On([&] { CHECK(rig.pipe->PeerAddress() == "127.0.0.1"); });
  }
  SECTION("refused") {
    server.StopListening();
    rig.Dial(endpoint);
    REQUIRE(rig.Eventually([&] { return rig.closed; }));
    CHECK_THAT(rig.reason, ContainsSubstring("127.0.0.1: Connection refused; ::1: "));
  }
}

TEST_CASE("a name that does not exist is told as such") {
  PipeRig rig;
  Endpoint endpoint;
  endpoint.host = "no-such-host.invalid";
  rig.Dial(endpoint);
  REQUIRE(rig.Eventually([&] { return rig.closed; }));
  CHECK_THAT(rig.reason, ContainsSubstring("the host name cannot be resolved"));
}

TEST_CASE("an address that does not answer is given up at the deadline") {
  // The backlog is full: the kernel answers no further connection.
  Server server;
  const std::vector<base::UniqueFd> waiting = server.FillBacklog();
  PipeRig rig;
  rig.Dial(server.endpoint(), milliseconds(100));
  REQUIRE(rig.Eventually([&] { return rig.closed; }));
  CHECK(rig.reason == "no answer within the connect timeout");
}

TEST_CASE("a pipe that is destroyed calls nobody any more") {
  Server server;
  PipeRig rig;
  SECTION("while it connects") {
    rig.DialAndDestroy(server.endpoint("localhost"));
    CHECK_FALSE(rig.Eventually([&] { return rig.connected || rig.closed; }, milliseconds(50)));
  }
  SECTION("from within its own bytes") {
    rig.Dial(server.endpoint());
    const base::UniqueFd peer = server.Accept();
    REQUIRE(rig.Eventually([&] { return rig.connected; }));
    rig.On([&] { rig.destroy_on_bytes = true; });
    Send(peer, "bytes");
    CHECK(Receive(peer, 1).empty());  // it hung up
    rig.On([&] { CHECK_FALSE(rig.closed); });
  }
  SECTION("from within its own end") {
    rig.Dial(server.endpoint());
    base::UniqueFd peer = server.Accept();
    rig.On([&] { rig.destroy_on_closed = true; });
    peer.Reset();
    CHECK(rig.Eventually([&] { return rig.closed; }));
  }
}

TEST_CASE("a dialer may go while a name is being resolved") {
  for (int i = 0; i < 20; ++i) {
    base::EventLoop loop;
    class Silent final : public Transport::Listener {
     public:
      void OnConnected() override { FAIL("nobody asked"); }
      void OnBytes(std::string_view) override {}
      void OnWritable() override {}
      void OnClosed(const std::string&) override { FAIL("nobody asked"); }
    } silent;
    std::unique_ptr<Dialer> dialer = NewNetworkDialer(loop, {});
    Endpoint endpoint;
    endpoint.host = "no-such-host.invalid";
    auto pipe = dialer->Dial(endpoint, std::chrono::steady_clock::now() + seconds(1), silent);
    pipe.reset();
    dialer.reset();
  }
}

int UserTimeoutOf(const Server& server) {
  int value = -1;
  socklen_t length = sizeof value;
  ::getsockopt(server.ConnectedSocket(), IPPROTO_TCP, TCP_USER_TIMEOUT, &value, &length);
  return value;
}

TEST_CASE("a peer that acknowledges and does not read is not cut off by the user timeout") {
  Server server;
  PipeRig rig;
  rig.Dial(server.endpoint());
  const base::UniqueFd peer = server.Accept();
  REQUIRE(rig.Eventually([&] { return rig.connected; }));
  rig.On([&] { rig.pipe->SetUserTimeout(seconds(1)); });
  CHECK(UserTimeoutOf(server) == 1000);
  const std::string all(16u << 20, 'x');
  size_t written = 0;
  rig.On([&] {
    while (const size_t taken = rig.Write(all)) written += taken;
  });
  CHECK(rig.Eventually([&] { return UserTimeoutOf(server) == 0; }));
  // Three times the timeout: the kernel would have given up.
  CHECK_FALSE(rig.Eventually([&] { return rig.closed; }, seconds(3)));
  // Reads, so that the window opens, and leaves something to do.
  CHECK(Receive(peer, written).size() == written);
  CHECK(rig.Eventually([&] { return UserTimeoutOf(server) == 1000; }));
  rig.On([&] { rig.pipe->SetUserTimeout(seconds(0)); });
  CHECK(UserTimeoutOf(server) == 0);
}

TEST_CASE("small writes are not held back") {
  Server server;
  PipeRig rig;
  rig.Dial(server.endpoint());
  const base::UniqueFd peer = server.Accept();
  REQUIRE(rig.Eventually([&] { return rig.connected; }));
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) {
    const int off = 0;
    ::setsockopt(peer.get(), IPPROTO_TCP, TCP_QUICKACK, &off, sizeof off);
    rig.On([&] { rig.Write("a"); });
    rig.On([&] { rig.Write("b"); });
    CHECK(Receive(peer, 2).size() == 2);
  }
  // With Nagle's algorithm each second byte would wait 40 ms for the acknowledgement of the first.
  CHECK(std::chrono::steady_clock::now() - start < milliseconds(400));
}

}  // namespace
}  // namespace amqp_sidecar::amqp
