// TLS without I/O: torn at any byte, in both versions, and how it ends.
#include "amqp/tls_session.h"

#include <fstream>
#include <vector>

#include "support/catch.h"
#include "support/temp_file.h"
#include "tls_peer.h"

namespace amqp_sidecar::amqp {
namespace {

using Progress = TlsSession::Progress;

TlsContext Trusting(const TlsPeer& peer) {
  const test::TempFile file(peer.certificate());
  TlsOptions options;
  options.ca_file = file.path();
  return LoadTlsContext(options).value();
}

// A session and its other end; what one says reaches the other in pieces of `piece` bytes.
struct SessionRig {
  explicit SessionRig(const std::string& names = "DNS:localhost,IP:127.0.0.1",
                      const std::string& name = "localhost", int version = TLS1_3_VERSION)
      : peer(names, version), session(Trusting(peer), name, false) {}

  Progress Shake() {
    Progress progress = session.Handshake();
    for (int i = 0; i < 100 && progress == Progress::kNeedsMore; ++i) {
      Hand();
      const std::string answer = peer.TakeOutput();
      for (size_t at = 0; at < answer.size() && progress == Progress::kNeedsMore; at += piece) {
        session.Feed(std::string_view(answer).substr(at, piece));
        progress = session.Handshake();
        rest = answer.substr(std::min(answer.size(), at + piece));
      }
    }
    Hand();
    session.Feed(rest);
    return progress;
  }
  // What the session has to send, to the peer.
  void Hand() {
    while (!session.output().empty()) {
      const size_t size = std::min(piece, session.output().size());
      peer.Feed(session.output().substr(0, size));
      session.MarkSent(size);
      if (!shaken) shaken = peer.Handshake();
    }
  }
  void Write(std::string bytes) {
    const iovec slot{bytes.data(), bytes.size()};
    for (size_t taken = 0; taken < bytes.size();) {
      const size_t size = session.Encrypt({&slot, 1}, taken);
      REQUIRE(size > 0);
      taken += size;
    }
    Hand();
  }
  std::string Read(Progress expected = Progress::kNeedsMore) {
    const std::string bytes = peer.TakeOutput();
    std::string all;
    std::vector<char> buffer(5000);
    for (size_t at = 0; at <= bytes.size(); at += piece) {
      session.Feed(std::string_view(bytes).substr(at, piece));
      size_t size = 0;
      Progress progress = Progress::kDone;
      while ((progress = session.Read(buffer, size)) == Progress::kDone) {
        all.append(buffer.data(), size);
      }
      if (at + piece > bytes.size()) CHECK(progress == expected);
    }
    return all;
  }

  TlsPeer peer;
  TlsSession session;
  size_t piece = 1 << 20;
  bool shaken = false;
  std::string rest;
};

TEST_CASE("a TLS session carries bytes both ways, however they are cut") {
  SessionRig rig("DNS:localhost", "localhost", GENERATE(TLS1_2_VERSION, TLS1_3_VERSION));
  rig.piece = GENERATE(size_t{1}, size_t{7}, size_t{100'000});
  REQUIRE(rig.Shake() == Progress::kDone);
  REQUIRE(rig.shaken);
  const std::string words(40'000, 'w');
  rig.Write(words);
  CHECK(rig.peer.Read() == words);
  rig.peer.Write("answer");
  rig.peer.Write(words);
  CHECK(rig.Read() == "answer" + words);
}

TEST_CASE("small pieces share a record, and a large one is cut into several") {
  SessionRig rig;
  REQUIRE(rig.Shake() == Progress::kDone);
  std::string small(100, 's');
  const std::vector<iovec> slots(50, iovec{small.data(), small.size()});
  CHECK(rig.session.Encrypt(slots, 0) == 5000);
  CHECK(rig.session.output().size() > 5000);
  CHECK(rig.session.output().size() < 5050);
  rig.Hand();
  CHECK(rig.session.Encrypt(slots, 4950) == 50);
  CHECK(rig.session.Encrypt(slots, 5000) == 0);
  rig.Hand();
  CHECK(rig.peer.Read() == std::string(5050, 's'));
  std::string large(100'000, 'l');
  const iovec slot{large.data(), large.size()};
  CHECK(rig.session.Encrypt({&slot, 1}, 0) == 16'384);
}

TEST_CASE("either side understands the goodbye of the other, after its last words") {
  SessionRig rig;
  REQUIRE(rig.Shake() == Progress::kDone);
  rig.peer.Write("last words");
  rig.peer.Close();
  CHECK(rig.Read(Progress::kEnded) == "last words");
  rig.session.Close();
  rig.Hand();
  rig.peer.Read();
  CHECK(rig.peer.GotGoodbye());
}

TEST_CASE("new keys are taken, and answered") {
  SessionRig rig;
  REQUIRE(rig.Shake() == Progress::kDone);
  rig.peer.UpdateKeys();
  rig.peer.Write("under new keys");
  CHECK(rig.Read() == "under new keys");
  rig.Write("also here");
  CHECK(rig.peer.Read() == "also here");
}

TEST_CASE("the certificate must be for the very host, by name or by address") {
  const auto [names, name, good] = GENERATE(table<std::string, std::string, bool>({
      {"DNS:rabbit.example", "rabbit.example", true},
      {"DNS:rabbit.example", "rabbit.example.", true},  // the root's dot
      {"DNS:RABBIT.example", "rabbit.EXAMPLE", true},
      {"DNS:*.shop.example", "rabbit.shop.example", true},
      {"DNS:*.shop.example", "a.rabbit.shop.example", false},
      {"DNS:rab*.shop.example", "rabbit.shop.example", false},
      {"DNS:rabbit.example", "example", false},
      {"DNS:rabbit.example", "rabbit.example.com", false},
      {"DNS:rabbit.example", "peer", false},  // its common name
      {"IP:127.0.0.1", "127.0.0.1", true},
      {"IP:127.0.0.1", "127.0.0.2", false},
      {"DNS:127.0.0.1", "127.0.0.1", false},
      {"IP:::1", "::1", true},
      {"IP:fe80::1", "fe80::1%eth0", true},
      {"IP:::1", "::2", false},
      {"DNS:localhost", "", false},
  }));
  INFO(names << " for " << name);
  SessionRig rig(names, name);
  CHECK((rig.Shake() == Progress::kDone) == good);
  if (!good) CHECK_FALSE(rig.session.error().empty());
}

TEST_CASE("bytes that are not TLS end a session, at its start and later") {
  SessionRig rig;
  SECTION("at its start") {
    rig.session.Handshake();
    rig.session.Feed(std::string_view("AMQP\0\0\x9\x1", 8));
    CHECK(rig.session.Handshake() == Progress::kFailed);
    CHECK_THAT(rig.session.error(), ContainsSubstring("does not speak TLS"));
  }
  SECTION("later") {
    REQUIRE(rig.Shake() == Progress::kDone);
    rig.peer.Write("good");
    std::string bytes = rig.peer.TakeOutput();
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    rig.session.Feed(bytes);
    std::vector<char> buffer(100);
    size_t size = 0;
    CHECK(rig.session.Read(buffer, size) == Progress::kFailed);
    CHECK(size == 0);
    CHECK_THAT(rig.session.error(), ContainsSubstring("TLS failed: "));
    // And stays so.
    CHECK(rig.session.Read(buffer, size) == Progress::kFailed);
    std::string more = "x";
    const iovec slot{more.data(), more.size()};
    CHECK(rig.session.Encrypt({&slot, 1}, 0) == 0);
  }
}

}  // namespace
}  // namespace amqp_sidecar::amqp
