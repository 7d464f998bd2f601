#include "rpc/listen_address.h"

#include <string>

#include "support/catch.h"

namespace amqp_sidecar::rpc {
namespace {

std::string Parsed(const std::string& text) {
  const auto address = ParseListenAddress(text);
  return address.ok() ? address->ToString() : "refused";
}

TEST_CASE("Unix sockets and loopback addresses may be listened on") {
  CHECK(Parsed("unix:///run/amqp-sidecar/sidecar.sock") == "unix:///run/amqp-sidecar/sidecar.sock");
  CHECK(Parsed("unix:relative.sock") == "unix:relative.sock");
  CHECK(Parsed("127.0.0.1:7672") == "127.0.0.1:7672");
  CHECK(Parsed("127.8.9.1:0") == "127.8.9.1:0");
  CHECK(Parsed("[::1]:7672") == "[::1]:7672");
  CHECK(Parsed("localhost:7672") == "127.0.0.1:7672");
}

TEST_CASE("any address beyond loopback is refused until there is TLS for it") {
  for (const char* text : {"0.0.0.0:7672", "[::]:7672", "10.0.0.1:7672", "example.org:7672",
                           "[::ffff:127.0.0.1]:7672", "[fe80::1]:7672", ":7672", "128.0.0.1:1"}) {
    const auto address = ParseListenAddress(text);
    CAPTURE(text);
    REQUIRE_FALSE(address.ok());
    CHECK(address.status().code() == absl::StatusCode::kInvalidArgument);
    CHECK_THAT(std::string(address.status().message()), ContainsSubstring("TLS"));
    CHECK_THAT(std::string(address.status().message()), ContainsSubstring(text));
  }
}

TEST_CASE("what is no address at all is refused") {
  for (const char* text : {"", "localhost", "127.0.0.1", "127.0.0.1:http", "127.0.0.1:65536",
                           "127.0.0.1:-1", "::1:7672", "unix:", "unix://", "unix:///",
                           "unix:///run/", "unix://run/x.sock", "unix-abstract:name"}) {
    CAPTURE(text);
    CHECK(Parsed(text) == "refused");
  }
}

TEST_CASE("a socket path of 107 bytes is taken and one of 108 is refused") {
  const std::string longest = "unix:///" + std::string(106, 'p');
  CHECK(Parsed(longest) == longest);
  const auto over = ParseListenAddress(longest + "p");
  REQUIRE_FALSE(over.ok());
  CHECK_THAT(std::string(over.status().message()), ContainsSubstring("108 bytes; 107 is the most"));
}

}  // namespace
}  // namespace amqp_sidecar::rpc
