// amqp:// URIs: what is read from them, and that no error quotes a password.
#include "amqp/endpoint.h"

#include "support/catch.h"

namespace amqp_sidecar::amqp {
namespace {

// host:port user/password vhost
std::string Read(std::string_view uri) {
  const absl::StatusOr<Endpoint> endpoint = ParseUri(uri);
  if (!endpoint.ok()) {
    CHECK(endpoint.status().code() == absl::StatusCode::kInvalidArgument);
    return "error: " + std::string(endpoint.status().message());
  }
  return endpoint->HostAndPort() + " " + endpoint->user +
         (endpoint->has_password ? "/" + endpoint->password : "") + " " + endpoint->vhost +
         (endpoint->tls ? " tls" : "");
}

TEST_CASE("a URI is read with its parts, and the defaults for those that are missing") {
  CHECK(Read("amqp://rabbit") == "rabbit:5672 guest/guest /");
  CHECK(Read("amqp://rabbit/") == "rabbit:5672 guest/guest /");
  CHECK(Read("amqp://rabbit:") == "rabbit:5672 guest/guest /");
  CHECK(Read("amqp://rabbit:1234/shop") == "rabbit:1234 guest/guest shop");
  CHECK(Read("amqps://rabbit") == "rabbit:5671 guest/guest / tls");
  CHECK(Read("amqp://app:secret@10.0.0.1/shop") == "10.0.0.1:5672 app/secret shop");
  CHECK(Read("amqp://app@rabbit") == "rabbit:5672 app /");
  CHECK(Read("amqp://app:@rabbit") == "rabbit:5672 app/ /");
  CHECK(Read("amqp://guest@rabbit") == "rabbit:5672 guest/guest /");
  CHECK(Read("amqp://guest:other@rabbit") == "rabbit:5672 guest/other /");
}

TEST_CASE("an IPv6 address stands in brackets, in the URI and in what is printed") {
  CHECK(Read("amqp://[::1]") == "[::1]:5672 guest/guest /");
  CHECK(Read("amqp://a:b@[fe80::1]:99/v") == "[fe80::1]:99 a/b v");
}

TEST_CASE("user, password, host and virtual host may be percent-encoded") {
  CHECK(Read("amqp://a%40b:p%3Ass%2F@h%6Fst/%2F") == "host:5672 a@b/p:ss/ /");
  CHECK(Read("amqp://host/a%2Fb%25") == "host:5672 guest/guest a/b%");
  CHECK(Read("amqp://u:p:q@host") == "host:5672 u/p:q /");
}

TEST_CASE("a URI that cannot be read is refused with what is wrong") {
  CHECK(Read("") == "error: it does not begin with amqp:// or amqps://");
  CHECK(Read("http://host") == "error: it does not begin with amqp:// or amqps://");
  CHECK(Read("rabbit:5672") == "error: it does not begin with amqp:// or amqps://");
  CHECK(Read("amqp://") == "error: the host is missing");
  CHECK(Read("amqp:///vhost") == "error: the host is missing");
  CHECK(Read("amqp://user@") == "error: the host is missing");
  CHECK(Read("amqp://@host") == "error: the user is empty");
  CHECK(Read("amqp://host:x") == "error: the port is not a number from 1 to 65535");
  CHECK(Read("amqp://host:0") == "error: the port is not a number from 1 to 65535");
  CHECK(Read("amqp://host:65536") == "error: the port is not a number from 1 to 65535");
  CHECK(Read("amqp://host:99999999999999999999") ==
        "error: the port is not a number from 1 to 65535");
  CHECK(Read("amqp://[::1") == "error: the IPv6 address has no closing bracket");
  CHECK(Read("amqp://[::1]x") == "error: there is something behind the bracket");
  CHECK(Read("amqp://host/a/b") == "error: the virtual host has a slash in it: write %2F");
  CHECK(Read("amqp://host/" + std::string(256, 'v')) ==
        "error: the virtual host is over 255 bytes");
  CHECK_THAT(Read("amqp://host?heartbeat=5"), ContainsSubstring("a query or a fragment"));
  CHECK_THAT(Read("amqp://host/v#x"), ContainsSubstring("a query or a fragment"));
  CHECK(Read("amqp://host/%4") == "error: the virtual host has a % without two hexadecimal digits");
  CHECK(Read("amqp://host/%zz") ==
        "error: the virtual host has a % without two hexadecimal digits");
  CHECK(Read("amqp://%@host") == "error: the user has a % without two hexadecimal digits");
  CHECK(Read("amqp://u%00:p@host") == "error: the user has a NUL byte");
}

TEST_CASE("no error quotes the password") {
  for (const char* uri :
       {"amqp://user:hunter2@", "amqp://user:hunter2@host:x", "amqp://user:hunter2@host/%z",
        "amqp://user:hunter2%zz@host", "amqp://user:hunter2/@host", "amqp://user:hunter2%00@host",
        "amqp://user:hunter2@host?x", "amq://user:hunter2@host", "amqp://user:hunter2"}) {
    CHECK(Read(uri).find("error: ") == 0);
    CHECK(Read(uri).find("hunter2") == std::string::npos);
  }
}

}  // namespace
}  // namespace amqp_sidecar::amqp
