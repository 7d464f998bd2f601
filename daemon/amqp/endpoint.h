// Endpoint: where a broker is and how to log in there, from an amqp:// URI. Any thread. Opens
// nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace amqp_sidecar::amqp {

struct Endpoint {
  std::string host;
  uint16_t port = 5672;
  std::string user = "guest";
  // Absent from everything that is printed.
  std::string password;
  bool has_password = false;
  std::string vhost = "/";
  bool tls = false;  // amqps://

  // `host:port`, an IPv6 address in brackets: for logs and the status. Never credentials.
  std::string HostAndPort() const;
};

// Reads `amqp[s]://[user[:password]@]host[:port][/vhost]`, percent-encoded as RFC 3986 has it, an
// IPv6 host in brackets. The port defaults to 5672 (amqps: 5671), the user to guest, the virtual
// host to "/", also where the URI ends in a bare slash. A query or a fragment is an error. `guest`
// without a password gets the password `guest`; any other user without one has has_password false.
//
// Errors: INVALID_ARGUMENT with a message that says what is wrong and never quotes the password.
absl::StatusOr<Endpoint> ParseUri(std::string_view uri);

}  // namespace amqp_sidecar::amqp
