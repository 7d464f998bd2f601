// The handshake: what is said, what is agreed on, and how it fails.
#include "rig.h"
#include "support/catch.h"

namespace amqp_sidecar::amqp {
namespace {

TEST_CASE("a connection introduces itself, agrees with the broker and opens its virtual host") {
  Connection::Options options = Rig::DefaultOptions();
  options.vhost = "shop";
  Rig rig(options);
  CHECK(rig.Sent() == Lines{"AMQP 0-9-1"});
  rig.Say(server::Start());
  CHECK(rig.Sent() == Lines{"connection.start-ok PLAIN 5"});
  rig.Say(server::Tune(2047, 131072, 60));
  CHECK(rig.Sent() == Lines{"connection.tune-ok 1000 131072 10", "connection.open shop"});
  CHECK_FALSE(rig.connection->ready());
  rig.Say(server::OpenOk());
  CHECK(rig.connection->ready());
  CHECK(rig.Log() == Lines{"ready RabbitMQ 3.10.8"});
}

TEST_CASE(
    "the login is PLAIN with user and password, and names the connection and what it can do") {
  Rig rig;
  rig.Written();
  rig.Say(server::Start());
  const std::string written = rig.Written();
  CHECK_THAT(written, ContainsSubstring(std::string("\0guest\0secret", 13)));
  for (const char* text :
       {"connection_name", "a test", "amqp-sidecar", "authentication_failure_close",
        "publisher_confirms", "basic.nack", "consumer_cancel_notify", "connection.blocked",
        "exchange_exchange_bindings"}) {
    CHECK_THAT(written, ContainsSubstring(text));
  }
}

// What is said to an offer of the broker.
std::string Agree(uint16_t our_channels, int our_heartbeat, const std::string& offer) {
  Connection::Options options = Rig::DefaultOptions();
  options.max_channels = our_channels;
  options.heartbeat = seconds(our_heartbeat);
  Rig rig(options);
  rig.Say(server::Start());
  rig.Written();
  rig.Say(offer);
  const Lines sent = rig.Sent();
  return sent.empty() ? "" : sent.front();
}

TEST_CASE("the smaller of both limits is agreed on, and 0 means no limit") {
  CHECK(Agree(1000, 10, server::Tune(2047, 131072, 60)) == "connection.tune-ok 1000 131072 10");
  CHECK(Agree(1000, 60, server::Tune(100, 8192, 5)) == "connection.tune-ok 100 8192 5");
  CHECK(Agree(1000, 10, server::Tune(0, 0, 0)) == "connection.tune-ok 1000 131072 10");
  CHECK(Agree(0, 10, server::Tune(0, 4096, 60)) == "connection.tune-ok 65535 4096 10");
  CHECK(Agree(10, 10, server::Tune(10, 1 << 20, 60)) == "connection.tune-ok 10 131072 10");
}

TEST_CASE("heartbeats that are turned off here are off, whatever the broker offers") {
  CHECK(Agree(10, 0, server::Tune(10, 131072, 60)) == "connection.tune-ok 10 131072 0");
}

TEST_CASE("a broker that wants frames of less than 4096 bytes is refused") {
  Rig rig;
  rig.Say(server::Start());
  rig.Say(server::Tune(10, 4095, 60));
  CHECK(rig.Log() == Lines{"closed protocol-error 540 the broker wants frames of 4095 bytes, where "
                           "AMQP has 4096 at least"});
}

TEST_CASE("a broker of another protocol version is told apart from a broken one") {
  Rig rig;
  rig.Written();
  rig.Say(std::string_view("AMQP\x00\x01\x00\x00", 8));
  CHECK(rig.Log() == Lines{"closed protocol-error 501 the other side answered with a protocol "
                           "header: it does not speak AMQP 0-9-1"});
  CHECK_FALSE(rig.connection->HasOutput());
}

TEST_CASE("a broker that names another version in connection.start is refused") {
  Rig rig;
  rig.Say(server::Start("PLAIN", 8));
  CHECK(rig.Log() == Lines{"closed protocol-error 540 the broker speaks AMQP 0-8, not 0-9-1"});
}

TEST_CASE("a server that is no broker is said to be none") {
  Rig rig;
  rig.Say("HTTP/1.1 400 Bad Request\r\n");
  CHECK(rig.Log() ==
        Lines{"closed protocol-error 501 not an AMQP frame, it starts with \"HTTP/1.\""});
}

TEST_CASE("a broker without the login that is wanted is refused, and what it offers is told") {
  Connection::Options options = Rig::DefaultOptions();
  SECTION("PLAIN") {
    Rig rig(options);
    rig.Say(server::Start("EXTERNAL PLAINER"));
    CHECK(rig.Log() == Lines{"closed protocol-error 540 the broker offers no PLAIN login, but "
                             "EXTERNAL PLAINER: see auth_mechanisms in its configuration"});
  }
  SECTION("EXTERNAL") {
    options.auth_mechanism = AuthMechanism::kExternal;
    Rig rig(options);
    rig.Say(server::Start("PLAIN AMQPLAIN"));
    CHECK_THAT(
        rig.Log().at(0),
        ContainsSubstring("no EXTERNAL login, but PLAIN AMQPLAIN: see auth_mechanisms in its "
                          "configuration and its plugin rabbitmq_auth_mechanism_ssl"));
  }
}

TEST_CASE("an EXTERNAL login names neither user nor password") {
  Connection::Options options = Rig::DefaultOptions();
  options.auth_mechanism = AuthMechanism::kExternal;
  Rig rig(options);
  rig.Written();
  rig.Say(server::Start("PLAIN EXTERNAL"));
  const std::string written = rig.Written();
  // A short string, then a long one that is empty.
  CHECK_THAT(written, ContainsSubstring(std::string("\x08"
                                                    "EXTERNAL\0\0\0\0",
                                                    13)));
  CHECK_THAT(written, !ContainsSubstring("secret"));
}

TEST_CASE("a refused login is told with the broker's code and text") {
  Rig rig;
  rig.Say(server::Start());
  rig.Written();
  rig.Say(server::ConnectionClosed(403, "ACCESS_REFUSED - Login was refused"));
  CHECK(rig.Log() == Lines{"closed closed-by-broker 403 ACCESS_REFUSED - Login was refused"});
  CHECK(rig.Sent() == Lines{"connection.close-ok"});
}

TEST_CASE("a virtual host that is not there is told with the broker's code and text") {
  Rig rig;
  rig.Say(server::Start() + server::Tune());
  rig.Say(server::ConnectionClosed(530, "NOT_ALLOWED - vhost nope not found"));
  CHECK(rig.Log() == Lines{"closed closed-by-broker 530 NOT_ALLOWED - vhost nope not found"});
}

TEST_CASE("a handshake that does not come to its end in time is given up") {
  Connection::Options options = Rig::DefaultOptions();
  options.handshake_timeout = seconds(3);
  Rig rig(options);
  rig.Written();
  rig.Say(server::Start());
  rig.Advance(milliseconds(2999));
  CHECK(rig.Log().empty());
  rig.Advance(milliseconds(1));
  CHECK(rig.Log() == Lines{"closed link-lost 0 the login was not finished in time"});
}

TEST_CASE("methods of the handshake out of turn are a protocol error") {
  Rig rig;
  SECTION("tune before start") { rig.Say(server::Tune()); }
  SECTION("start twice") { rig.Say(server::Start() + server::Start()); }
  SECTION("open-ok before tune") { rig.Say(server::Start() + server::OpenOk()); }
  CHECK(rig.Log() == Lines{"closed protocol-error 503 a method out of turn in the handshake"});
}

TEST_CASE("names that do not fit the protocol end the handshake with their own reason") {
  Connection::Options options = Rig::DefaultOptions();
  SECTION("virtual host") {
    options.vhost = std::string(256, 'v');
    Rig rig(options);
    rig.Say(server::Start() + server::Tune());
    CHECK(rig.Log() == Lines{"closed protocol-error 540 the virtual host is over 255 bytes"});
  }
  SECTION("password") {
    options.password = std::string(5000, 'p');
    Rig rig(options);
    rig.Say(server::Start());
    CHECK(rig.Log() == Lines{"closed protocol-error 540 the arguments do not fit one frame"});
  }
}

TEST_CASE("no channel opens before the connection is ready") {
  Rig rig;
  ChannelRecorder recorder(rig);
  CHECK(rig.connection->OpenChannel(recorder) == nullptr);
}

}  // namespace
}  // namespace amqp_sidecar::amqp
