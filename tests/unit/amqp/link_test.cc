// Link: dialing, backing off, coming back, and stopping, over a pipe that the test plays.
#include "amqp/link.h"

#include "manual_reactor.h"
#include "rig.h"
#include "support/catch.h"

namespace amqp_sidecar::amqp {
namespace {

// A pipe that takes what it is given, up to a limit.
class FakePipe final : public Transport {
 public:
  explicit FakePipe(Transport::Listener& pipe_listener, int& open)
      : listener(pipe_listener), open_(open) {
    ++open_;
  }
  ~FakePipe() override { --open_; }

  size_t Write(std::span<const iovec> slots) override {
    size_t taken = 0;
    for (const iovec& slot : slots) {
      const size_t size = std::min(slot.iov_len, room);
      written.append(static_cast<const char*>(slot.iov_base), size);
      room -= size;
      taken += size;
    }
    ++writes;
    return taken;
  }
  void SetReading(bool) override {}
  void SetUserTimeout(base::Duration timeout) override { user_timeout = timeout; }

  Transport::Listener& listener;
  std::string written;
  size_t room = static_cast<size_t>(-1);
  int writes = 0;
  base::Duration user_timeout{-1};  // until it is set

 private:
  int& open_;
};

class FakeDialer final : public Dialer {
 public:
  std::unique_ptr<Transport> Dial(const Endpoint& endpoint, base::TimePoint deadline,
                                  Transport::Listener& listener) override {
    dialed.push_back(endpoint.HostAndPort());
    last_deadline = deadline;
    auto made = std::make_unique<FakePipe>(listener, open);
    pipe = made.get();
    return made;
  }

  Lines dialed;
  base::TimePoint last_deadline;
  FakePipe* pipe = nullptr;  // the last one
  int open = 0;
};

class LinkRig final : public Link::Listener {
 public:
  explicit LinkRig(std::vector<std::string> uris = {"amqp://guest@one"}) {
    for (const std::string& uri : uris) options.endpoints.push_back(ParseUri(uri).value());
  }

  Link& Make() {
    link = std::make_unique<Link>(reactor, dialer, [this] { return random; }, options, *this);
    link->Start();
    return *link;
  }

  // The broker speaks, and the turn of the loop ends.
  void Say(const std::string& bytes) {
    dialer.pipe->listener.OnBytes(bytes);
    reactor.Turn();
  }

  // The pipe comes up, and the login succeeds.
  void ComeUp() {
    dialer.pipe->listener.OnConnected();
    Say(server::Handshake());
  }

  void Cut(const std::string& why) {
    dialer.pipe->listener.OnClosed(why);
    reactor.Turn();
  }

  Lines Sent() { return Describe(std::exchange(dialer.pipe->written, {})); }
  Lines Log() { return std::exchange(log, {}); }

  void OnLinkUp(Connection& connection, uint64_t epoch) override {
    CHECK(link->connection() == &connection);
    log.push_back("up " + std::to_string(epoch));
    if (on_up) on_up(connection);
  }
  void OnLinkDown(const Failure& failure) override {
    CHECK(link->connection() == nullptr);
    log.push_back("down " + ToText(failure));
    if (on_down) on_down();
  }
  void OnLinkBlocked(std::string_view reason) override {
    log.push_back("blocked " + std::string(reason));
  }
  void OnLinkUnblocked() override { log.push_back("unblocked"); }
  void OnPublishRoom() override { log.push_back("room"); }
  void OnLinkStatus() override { ++statuses; }

  ManualReactor reactor;
  FakeDialer dialer;
  double random = 0.5;
  Link::Options options;
  Lines log;
  int statuses = 0;
  std::function<void(Connection&)> on_up;
  std::function<void()> on_down;
  std::unique_ptr<Link> link;
};

TEST_CASE("a link dials, logs in and is up") {
  LinkRig rig;
  Link& link = rig.Make();
  CHECK(link.status().state == LinkState::kConnecting);
  CHECK(link.connection() == nullptr);
  rig.ComeUp();
  CHECK(rig.Log() == Lines{"up 1"});
  CHECK(link.status().state == LinkState::kReady);
  CHECK(link.status().endpoint == "one:5672");
  CHECK(link.status().server.product == "RabbitMQ");
  CHECK(link.status().epoch == 1);
  CHECK(rig.Sent() == Lines{"AMQP 0-9-1", "connection.start-ok PLAIN 5",
                            "connection.tune-ok 1000 131072 10", "connection.open /"});
  CHECK(rig.statuses > 0);
}

TEST_CASE("what listeners queue when the link comes up is written in the same turn") {
  LinkRig rig;
  ChannelRecorder* recorder = nullptr;
  Rig unused;
  ChannelRecorder channel(unused);
  recorder = &channel;
  rig.on_up = [&](Connection& connection) { connection.OpenChannel(*recorder); };
  rig.Make();
  rig.ComeUp();
  CHECK(rig.Sent().back() == "channel.open 1");
}

TEST_CASE("a link that is lost is told once, backs off with jitter and comes back") {
  LinkRig rig;
  Link& link = rig.Make();
  rig.ComeUp();
  rig.Log();
  rig.Cut("reset");
  CHECK(rig.Log() == Lines{"down link-lost 0 reset"});
  CHECK(link.status().state == LinkState::kBackingOff);
  CHECK(link.status().reconnects == 1);
  CHECK(link.status().last_failure.text == "reset");
  CHECK(rig.dialer.open == 0);
  // Half of 100 ms.
  rig.reactor.Advance(milliseconds(49));
  CHECK(rig.dialer.dialed.size() == 1);
  rig.reactor.Advance(milliseconds(1));
  CHECK(rig.dialer.dialed.size() == 2);
  rig.ComeUp();
  CHECK(rig.Log() == Lines{"up 2"});
}

TEST_CASE("tries that fail wait longer and longer, up to the limit") {
  LinkRig rig;
  rig.Make();
  for (const int expected : {50, 100, 200, 400, 800, 1000, 1000}) {
    const size_t dialed = rig.dialer.dialed.size();
    rig.Cut("Connection refused");
    rig.reactor.Advance(milliseconds(expected - 1));
    CHECK(rig.dialer.dialed.size() == dialed);
    rig.reactor.Advance(milliseconds(1));
    CHECK(rig.dialer.dialed.size() == dialed + 1);
  }
  CHECK(rig.Log().empty());
}

TEST_CASE("a link that was up for a while backs off anew, one that was lost at once does not") {
  LinkRig rig;
  rig.Make();
  rig.Cut("refused");
  rig.reactor.Advance(milliseconds(50));
  rig.ComeUp();
  SECTION("lost at once") {
    rig.Cut("reset");
    rig.reactor.Advance(milliseconds(99));
    CHECK(rig.dialer.dialed.size() == 2);
    rig.reactor.Advance(milliseconds(1));
    CHECK(rig.dialer.dialed.size() == 3);
  }
  SECTION("up for two seconds") {
    rig.reactor.Advance(seconds(2));
    rig.Cut("reset");
    rig.reactor.Advance(milliseconds(50));
    CHECK(rig.dialer.dialed.size() == 3);
  }
}

TEST_CASE("a refused login or virtual host waits five seconds at least") {
  const uint16_t code = GENERATE(uint16_t{403}, uint16_t{530});
  LinkRig rig;
  Link& link = rig.Make();
  rig.dialer.pipe->listener.OnConnected();
  rig.Say(server::Start());
  rig.dialer.pipe->listener.OnBytes(server::ConnectionClosed(code, "no"));
  CHECK(rig.Sent().back() == "connection.close-ok");
  rig.reactor.Turn();
  CHECK(link.status().last_failure.code == code);
  CHECK(rig.Log().empty());
  rig.reactor.Advance(milliseconds(4999));
  CHECK(rig.dialer.dialed.size() == 1);
  rig.reactor.Advance(milliseconds(1));
  CHECK(rig.dialer.dialed.size() == 2);
}

// The pipe comes up, and the broker refuses the login.
void Refuse(LinkRig& rig) {
  rig.dialer.pipe->listener.OnConnected();
  rig.Say(server::Start());
  rig.dialer.pipe->listener.OnBytes(server::ConnectionClosed(403, "ACCESS_REFUSED"));
  rig.reactor.Turn();
}

TEST_CASE("a refused login or virtual host is told as one, with the broker's words") {
  LinkRig rig;
  Link& link = rig.Make();
  SECTION("login") {
    Refuse(rig);
    CHECK(link.status().last_failure.text == "login refused: ACCESS_REFUSED");
  }
  SECTION("virtual host") {
    rig.dialer.pipe->listener.OnConnected();
    rig.Say(server::Start() + server::Tune());
    rig.dialer.pipe->listener.OnBytes(server::ConnectionClosed(530, "NOT_ALLOWED - no shop"));
    rig.reactor.Turn();
    CHECK(link.status().last_failure.text == "virtual host refused: NOT_ALLOWED - no shop");
  }
}

// What the file of the password holds.
struct PasswordFile {
  explicit PasswordFile(LinkRig& rig) {
    rig.options.read_password = [this]() -> absl::StatusOr<std::string> {
      if (!readable) return absl::InvalidArgumentError("cannot read it");
      return content;
    };
  }
  std::string content = "first";
  bool readable = true;
};

std::string PasswordSent(LinkRig& rig) {
  rig.dialer.pipe->listener.OnConnected();
  rig.dialer.pipe->written.clear();
  rig.Say(server::Start());
  const std::string& written = rig.dialer.pipe->written;
  const size_t at = written.find(std::string("\0guest\0", 7));
  return written.substr(at + 7, written.find('\0', at + 7) - at - 7);
}

TEST_CASE("a password that is read is read anew before each try") {
  LinkRig rig;
  PasswordFile file(rig);
  rig.Make();
  CHECK_THAT(PasswordSent(rig), Catch::Matchers::StartsWith("first"));
  rig.Cut("reset");
  file.content = "second";
  rig.reactor.Advance(seconds(2));
  CHECK_THAT(PasswordSent(rig), Catch::Matchers::StartsWith("second"));
  rig.Cut("reset");
  // As while it is replaced: the last one serves.
  file.readable = false;
  rig.reactor.Advance(seconds(2));
  CHECK_THAT(PasswordSent(rig), Catch::Matchers::StartsWith("second"));
  CHECK(rig.dialer.dialed.size() == 3);
}

TEST_CASE("a refused login is tried again within a second of a new password") {
  LinkRig rig;
  PasswordFile file(rig);
  Link& link = rig.Make();
  Refuse(rig);
  rig.reactor.Advance(seconds(2));
  CHECK(rig.dialer.dialed.size() == 1);
  SECTION("which is good") {
    file.content = "second";
    rig.reactor.Advance(milliseconds(500));
    CHECK(rig.dialer.dialed.size() == 2);
    rig.ComeUp();
    CHECK(link.status().state == LinkState::kReady);
  }
  SECTION("but not while it cannot be read, which is told") {
    file.readable = false;
    rig.reactor.Advance(seconds(3));
    CHECK(rig.dialer.dialed.size() == 2);
    Refuse(rig);
    CHECK_THAT(link.status().last_failure.text, ContainsSubstring("password_file: cannot read it"));
  }
  SECTION("but not by a link that was stopped") {
    link.Stop(rig.reactor.Now() + seconds(3), [] {});
    file.content = "second";
    rig.reactor.Advance(seconds(10));
    CHECK(rig.dialer.dialed.size() == 1);
  }
}

TEST_CASE("passwords that change all the time make no more tries than one every five seconds") {
  LinkRig rig;
  PasswordFile file(rig);
  rig.Make();
  Refuse(rig);
  for (int i = 0; i < 240; ++i) {
    file.content = std::to_string(i);
    const size_t dialed = rig.dialer.dialed.size();
    rig.reactor.Advance(milliseconds(250));
    if (rig.dialer.dialed.size() > dialed) Refuse(rig);
  }
  // One minute, the first try included.
  CHECK(rig.dialer.dialed.size() >= 12);
  CHECK(rig.dialer.dialed.size() <= 13);
}

TEST_CASE("endpoints are tried in turn, from a random one on") {
  LinkRig rig({"amqp://one", "amqp://two", "amqp://three"});
  rig.random = 0.4;
  rig.Make();
  for (int i = 0; i < 3; ++i) {
    rig.Cut("refused");
    rig.reactor.Advance(seconds(2));
  }
  CHECK(rig.dialer.dialed == Lines{"two:5672", "three:5672", "one:5672", "two:5672"});
}

TEST_CASE("the login has what is left of the connect timeout") {
  LinkRig rig;
  Link& link = rig.Make();
  CHECK(rig.dialer.last_deadline == rig.reactor.Now() + seconds(5));
  rig.reactor.Advance(seconds(3));
  rig.dialer.pipe->listener.OnConnected();
  rig.reactor.Advance(milliseconds(1999));
  CHECK(link.status().state == LinkState::kConnecting);
  rig.reactor.Advance(milliseconds(1));
  CHECK(link.status().last_failure.text == "the login was not finished in time");
}

TEST_CASE("heartbeats go out and a silent broker is left") {
  LinkRig rig;
  rig.Make();
  rig.ComeUp();
  rig.Sent();
  rig.reactor.Advance(seconds(5));
  CHECK(rig.Sent() == Lines{"heartbeat"});
  rig.Log();
  rig.reactor.Advance(seconds(15));
  CHECK(rig.Log() ==
        Lines{"down link-lost 0 nothing was heard from the broker for two heartbeats"});
}

TEST_CASE("blocked and unblocked are passed on and shown") {
  LinkRig rig;
  Link& link = rig.Make();
  rig.ComeUp();
  rig.Log();
  rig.Say(server::Blocked("low on memory"));
  CHECK(link.status().state == LinkState::kBlocked);
  CHECK(link.status().blocked_reason == "low on memory");
  CHECK(link.connection() != nullptr);
  rig.Say(server::Unblocked());
  CHECK(link.status().state == LinkState::kReady);
  CHECK(link.status().blocked_reason.empty());
  CHECK(rig.Log() == Lines{"blocked low on memory", "unblocked"});
}

TEST_CASE("the kernel's patience is limited while the link is ready, and not while it is blocked") {
  LinkRig rig;
  rig.Make();
  rig.dialer.pipe->listener.OnConnected();
  CHECK(rig.dialer.pipe->user_timeout < base::Duration::zero());
  rig.Say(server::Handshake());
  CHECK(rig.dialer.pipe->user_timeout == seconds(4));
  rig.Say(server::Blocked("low on memory"));
  CHECK(rig.dialer.pipe->user_timeout == seconds(0));
  rig.Say(server::Unblocked());
  CHECK(rig.dialer.pipe->user_timeout == seconds(4));
}

TEST_CASE("the kernel's patience follows the heartbeat within reason") {
  const auto [heartbeat, expected] = GENERATE(table<int, int>({{0, 5}, {1, 1}, {5, 2}, {60, 5}}));
  LinkRig rig;
  rig.options.connection.heartbeat = seconds(heartbeat);
  rig.Make();
  rig.ComeUp();
  CHECK(rig.dialer.pipe->user_timeout == seconds(expected));
}

TEST_CASE("a pipe that is full is not written to until it says that it takes more") {
  LinkRig rig;
  Link& link = rig.Make();
  rig.ComeUp();
  rig.Sent();
  Rig unused;
  ChannelRecorder channel(unused);
  Channel* opened = link.connection()->OpenChannel(channel);
  rig.dialer.pipe->room = 3;
  link.FlushSoon();
  link.FlushSoon();
  rig.reactor.Turn();
  const int writes = rig.dialer.pipe->writes;
  opened->Ack(1, false);
  link.FlushSoon();
  rig.reactor.Turn();
  CHECK(rig.dialer.pipe->writes == writes);
  rig.dialer.pipe->room = 1 << 20;
  rig.dialer.pipe->listener.OnWritable();
  CHECK(rig.Sent() == Lines{"channel.open 1", "basic.ack 1 1"});
}

TEST_CASE("flushing often in one turn writes once") {
  LinkRig rig;
  Link& link = rig.Make();
  rig.ComeUp();
  Rig unused;
  ChannelRecorder channel(unused);
  Channel* opened = link.connection()->OpenChannel(channel);
  const int writes = rig.dialer.pipe->writes;
  for (uint64_t i = 1; i < 100; ++i) {
    opened->Ack(i, false);
    link.FlushSoon();
  }
  rig.reactor.Turn();
  CHECK(rig.dialer.pipe->writes == writes + 1);
}

// --- Stopping.

TEST_CASE("stopping says goodbye, waits for the answer, and is done once") {
  LinkRig rig;
  Link& link = rig.Make();
  rig.ComeUp();
  rig.Sent();
  rig.Log();
  int done = 0;
  link.Stop(rig.reactor.Now() + seconds(3), [&] { ++done; });
  CHECK(link.status().state == LinkState::kClosing);
  rig.reactor.Turn();
  CHECK(rig.Sent() == Lines{"connection.close 200"});
  CHECK(done == 0);
  rig.Say(server::ConnectionCloseOk());
  CHECK(done == 1);
  CHECK(rig.Log() == Lines{"down closed-here 0 closed"});
  CHECK(link.status().state == LinkState::kClosed);
  rig.reactor.Advance(seconds(60));
  CHECK(rig.dialer.dialed.size() == 1);
  CHECK(rig.dialer.open == 0);
  CHECK(rig.reactor.timers() == 0);
}

TEST_CASE("a goodbye that is not answered ends at its deadline") {
  LinkRig rig;
  Link& link = rig.Make();
  rig.ComeUp();
  rig.Log();
  int done = 0;
  link.Stop(rig.reactor.Now() + seconds(3), [&] { ++done; });
  rig.reactor.Advance(milliseconds(2999));
  CHECK(done == 0);
  rig.reactor.Advance(milliseconds(1));
  CHECK(done == 1);
  CHECK(rig.Log() == Lines{"down closed-here 0 the broker did not answer the goodbye in time"});
}

TEST_CASE("stopping is over at once where nobody would answer") {
  LinkRig rig;
  Link& link = rig.Make();
  int done = 0;
  const auto stop = [&] { link.Stop(rig.reactor.Now() + seconds(3), [&] { ++done; }); };
  Lines log;
  SECTION("while dialing") { stop(); }
  SECTION("while logging in") {
    rig.dialer.pipe->listener.OnConnected();
    stop();
  }
  SECTION("while backing off") {
    rig.Cut("refused");
    stop();
  }
  SECTION("while blocked") {
    rig.ComeUp();
    rig.Say(server::Blocked("low on memory"));
    rig.Log();
    stop();
    CHECK(rig.Log() == Lines{"down closed-here 0 closed"});
  }
  SECTION("when the block comes after the goodbye") {
    rig.ComeUp();
    stop();
    rig.reactor.Turn();
    rig.Log();
    rig.Say(server::Blocked("low on memory"));
    CHECK(rig.Log() == Lines{"blocked low on memory", "down closed-here 0 closed"});
  }
  rig.reactor.Turn();
  CHECK(done == 1);
  CHECK(link.status().state == LinkState::kClosed);
  rig.reactor.Advance(seconds(60));
  CHECK(rig.dialer.dialed.size() == 1);
  CHECK(rig.dialer.open == 0);
  CHECK(done == 1);
}

TEST_CASE("a link may be stopped from within the news that it is up, or down") {
  LinkRig rig;
  int done = 0;
  const auto stop = [&] { rig.link->Stop(rig.reactor.Now() + seconds(3), [&] { ++done; }); };
  SECTION("up") {
    rig.on_up = [&](Connection&) { stop(); };
    rig.Make();
    rig.ComeUp();
    rig.Say(server::ConnectionCloseOk());
  }
  SECTION("down") {
    rig.on_down = stop;
    rig.Make();
    rig.ComeUp();
    rig.Cut("reset");
  }
  CHECK(done == 1);
  rig.reactor.Advance(seconds(60));
  CHECK(rig.dialer.dialed.size() == 1);
}

TEST_CASE("a link that is destroyed leaves no timer, no pipe and no task behind") {
  LinkRig rig;
  rig.Make();
  SECTION("while dialing") {}
  SECTION("while up") { rig.ComeUp(); }
  SECTION("while backing off") { rig.Cut("refused"); }
  rig.link->FlushSoon();
  rig.link.reset();
  CHECK(rig.dialer.open == 0);
  CHECK(rig.reactor.timers() == 0);
  rig.reactor.Advance(seconds(60));
  CHECK(rig.dialer.dialed.size() == 1);
}

TEST_CASE("a connection is over when the broker breaks the protocol, and the broker is told") {
  LinkRig rig;
  rig.Make();
  rig.ComeUp();
  rig.Sent();
  rig.Log();
  FakePipe* const pipe = rig.dialer.pipe;
  rig.dialer.pipe->listener.OnBytes("nonsense");
  CHECK(Describe(pipe->written) == Lines{"connection.close 501"});
  CHECK_THAT(rig.Log().at(0), ContainsSubstring("down protocol-error 501"));
}

}  // namespace
}  // namespace amqp_sidecar::amqp
