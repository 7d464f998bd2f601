// The TLS pipe on a real loop and real sockets: what TLS adds to the TCP pipe's ways to live and
// end.
#include "amqp/tls_transport.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "pipe_rig.h"
#include "support/catch.h"
#include "support/temp_file.h"
#include "tls_peer.h"

namespace amqp_sidecar::amqp {
namespace {

// A pipe over TLS, and the broker's end of it, driven by the test.
struct TlsRig {
  explicit TlsRig(int version = TLS1_3_VERSION)
      : peer("DNS:localhost,IP:127.0.0.1", version), file(peer.certificate()), pipe(Options()) {}

  TlsOptions Options() const {
    TlsOptions options;
    options.ca_file = file.path();
    return options;
  }
  Endpoint endpoint(const std::string& host = "localhost") const {
    Endpoint made = server.endpoint(host);
    made.tls = true;
    return made;
  }
  // With `connected` once it is up. `first` goes with the end of the handshake.
  void Connect(std::string_view first = "") {
    pipe.Dial(endpoint());
    socket = server.Accept();
    while (!peer.Handshake()) {
      Flush();
      Pull();
    }
    if (!first.empty()) peer.Write(first);
    Flush();
  }
  void Pull() {
    std::array<char, 65536> buffer;
    const ssize_t got = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
    REQUIRE(got > 0);
    peer.Feed({buffer.data(), static_cast<size_t>(got)});
  }
  // Bytes of the pipe that the other side has not read.
  size_t InKernel() const {
    int unread = 0;
    ::ioctl(socket.get(), FIONREAD, &unread);
    const int pipe_fd = server.ConnectedSocket();
    int unsent = 0;
    ::ioctl(pipe_fd, SIOCOUTQNSD, &unsent);
    return static_cast<size_t>(unread + unsent);
  }
  void Flush() { Send(socket, peer.TakeOutput()); }
  std::string Receive(size_t size) {
    std::string all = peer.Read();
    while (all.size() < size) {
      Pull();
      all += peer.Read();
    }
    return all;
  }
  void Say(std::string_view bytes) {
    peer.Write(bytes);
    Flush();
  }

  Server server;
  TlsPeer peer;
  test::TempFile file;
  PipeRig pipe;
  base::UniqueFd socket;
};

TEST_CASE("a TLS pipe carries bytes both ways") {
  TlsRig rig;
  rig.Connect();
  REQUIRE(rig.pipe.Eventually([&] { return rig.pipe.connected; }));
  rig.pipe.On([&] { CHECK(rig.pipe.Write("hello") == 5); });
  CHECK(rig.Receive(5) == "hello");
  rig.Say("world");
  CHECK(rig.pipe.Eventually([&] { return rig.pipe.received == "world"; }));
  rig.pipe.On([&] { CHECK(rig.pipe.pipe->PeerAddress() == "127.0.0.1"); });
}

TEST_CASE("a TLS pipe whose other side reads slowly takes part, and says when it takes more") {
  TlsRig rig;
  rig.Connect();
  REQUIRE(rig.pipe.Eventually([&] { return rig.pipe.connected; }));
  std::string all(16u << 20, 'x');
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<char>(i * 7919 >> 8);
  size_t written = 0;
  rig.pipe.On([&] {
    while (const size_t taken = rig.pipe.Write(std::string_view(all).substr(written))) {
      written += taken;
    }
    CHECK(written < all.size());
    CHECK(rig.pipe.writable == 0);
  });
  CHECK(rig.Receive(written) == all.substr(0, written));
  CHECK(rig.pipe.Eventually([&] { return rig.pipe.writable > 0; }));
  rig.pipe.On([&] { CHECK(rig.pipe.Write("more") == 4); });
  CHECK(rig.Receive(4) == "more");
}

TEST_CASE("what a TLS pipe took goes out by itself when the other side reads on") {
  TlsRig rig;
  rig.Connect();
  REQUIRE(rig.pipe.Eventually([&] { return rig.pipe.connected; }));
  // One record a write, until the last one is taken and the kernel does not have all of it.
  const std::string piece(16'384, 'p');
  constexpr size_t kRecordOverhead = 22;
  size_t pieces = 0;
  rig.pipe.On([&] {
    const size_t before = rig.InKernel();
    do {
      REQUIRE(rig.pipe.Write(piece) == piece.size());
      ++pieces;
    } while (rig.InKernel() - before == pieces * (piece.size() + kRecordOverhead));
  });
  CHECK(pieces > 1);
  CHECK(rig.Receive(pieces * piece.size()).size() == pieces * piece.size());
  rig.pipe.On([&] { CHECK(rig.pipe.writable == 0); });
}

TEST_CASE("a TLS pipe that is not to be read holds what comes until it is") {
  TlsRig rig;
  rig.Connect();
  REQUIRE(rig.pipe.Eventually([&] { return rig.pipe.connected; }));
  rig.pipe.On([&] { rig.pipe.pipe->SetReading(false); });
  rig.Say("later");
  CHECK_FALSE(rig.pipe.Eventually([&] { return !rig.pipe.received.empty(); }, milliseconds(50)));
  rig.pipe.On([&] { rig.pipe.pipe->SetReading(true); });
  CHECK(rig.pipe.Eventually([&] { return rig.pipe.received == "later"; }));
}

TEST_CASE("a TLS pipe that is not to be read holds what it has decrypted, until it is") {
  // The peer of TLS 1.2 has the last word of the handshake, and may go on in the same breath.
  TlsRig rig(TLS1_2_VERSION);
  rig.pipe.On([&] { rig.pipe.pause_on_connected = true; });
  rig.Connect("at once");
  REQUIRE(rig.pipe.Eventually([&] { return rig.pipe.connected; }));
  CHECK_FALSE(rig.pipe.Eventually([&] { return !rig.pipe.received.empty(); }, milliseconds(50)));
  rig.pipe.On([&] {
    rig.pipe.pipe->SetReading(true);
    CHECK(rig.pipe.received.empty());
  });
  CHECK(rig.pipe.Eventually([&] { return rig.pipe.received == "at once"; }));
}

TEST_CASE("what the other side said over TLS before it closed is heard first") {
  TlsRig rig;
  rig.Connect();
  REQUIRE(rig.pipe.Eventually([&] { return rig.pipe.connected; }));
  rig.Say("last words");
  SECTION("with a goodbye") {
    rig.peer.Close();
    rig.Flush();
  }
  SECTION("without one") { rig.socket.Reset(); }
  REQUIRE(rig.pipe.Eventually([&] { return rig.pipe.closed; }));
  CHECK(rig.pipe.received == "last words");
  CHECK(rig.pipe.reason == "the other side closed the connection");
  rig.pipe.On([&] { CHECK(rig.pipe.Write("x") == 0); });
}

TEST_CASE("a TLS pipe that is closed says goodbye") {
  TlsRig rig;
  rig.Connect();
  REQUIRE(rig.pipe.Eventually([&] { return rig.pipe.connected; }));
  rig.pipe.On([&] { rig.pipe.pipe.reset(); });
  rig.Pull();
  rig.peer.Read();
  CHECK(rig.peer.GotGoodbye());
}

TEST_CASE("writing to a TLS pipe that is gone harms nobody") {
  TlsRig rig;
  rig.Connect();
  REQUIRE(rig.pipe.Eventually([&] { return rig.pipe.connected; }));
  // Closed, the other side answers the first write with a reset, and the second one would raise
  // SIGPIPE, which ends this process.
  const linger hard{1, 0};
  if (GENERATE(true, false)) {
    ::setsockopt(rig.socket.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  }
  rig.pipe.On([&] {
    rig.socket.Reset();
    for (int i = 0; i < 10; ++i) rig.pipe.Write(std::string(100'000, 'x'));
  });
  REQUIRE(rig.pipe.Eventually([&] { return rig.pipe.closed; }));
  CHECK_FALSE(rig.pipe.reason.empty());
}

TEST_CASE("a TLS handshake that does not come to its end in time is given up") {
  TlsRig rig;
  rig.pipe.Dial(rig.endpoint(), milliseconds(200));
  const base::UniqueFd silent = rig.server.Accept();
  REQUIRE(rig.pipe.Eventually([&] { return rig.pipe.closed; }));
  CHECK(rig.pipe.reason == "the TLS handshake was not finished in time");
}

TEST_CASE("a TLS handshake that the other side ends is told as one") {
  TlsRig rig;
  rig.pipe.Dial(rig.endpoint());
  base::UniqueFd peer = rig.server.Accept();
  std::array<char, 4096> hello;
  REQUIRE(::recv(peer.get(), hello.data(), hello.size(), 0) > 0);
  peer.Reset();
  REQUIRE(rig.pipe.Eventually([&] { return rig.pipe.closed; }));
  CHECK(rig.pipe.reason == "the other side closed the connection during the TLS handshake");
  CHECK_FALSE(rig.pipe.connected);
}

TEST_CASE("a TLS pipe whose files cannot be used says so, after the dial") {
  Server server;
  PipeRig rig({"/no/such/file", "", "", ""});
  Endpoint endpoint = server.endpoint();
  endpoint.tls = true;
  rig.Dial(endpoint);
  REQUIRE(rig.Eventually([&] { return rig.closed; }));
  CHECK(rig.reason == "amqp.tls.ca_file: cannot read /no/such/file: No such file or directory");
}

TEST_CASE("a TLS pipe that is destroyed calls nobody any more") {
  TlsRig rig;
  SECTION("from within the news that it is up") {
    rig.pipe.On([&] { rig.pipe.destroy_on_connected = true; });
    rig.Connect();
    CHECK(rig.pipe.Eventually([&] { return rig.pipe.connected; }));
  }
  SECTION("from within its own bytes") {
    rig.pipe.On([&] { rig.pipe.destroy_on_bytes = true; });
    rig.Connect();
    rig.Say("bytes");
    CHECK(rig.pipe.Eventually([&] { return !rig.pipe.received.empty(); }));
  }
  SECTION("while it connects") { rig.pipe.DialAndDestroy(rig.endpoint()); }
  rig.pipe.On([&] { CHECK_FALSE(rig.pipe.closed); });
}

}  // namespace
}  // namespace amqp_sidecar::amqp
