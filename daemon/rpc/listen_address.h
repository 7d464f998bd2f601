// ListenAddress: where the sidecar may be reached: a Unix socket, or TCP on loopback. Pure, any
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace amqp_sidecar::rpc {

struct ListenAddress {
  enum class Kind { kUnix, kTcp };
  Kind kind = Kind::kTcp;
  std::string path;   // of a Unix socket
  std::string host;   // of TCP: an IP address, without brackets
  uint16_t port = 0;  // of TCP: 0 lets the system choose

  // As a client names it, and as it was given: "unix:///run/x.sock", "127.0.0.1:7672", "[::1]:0".
  std::string ToString() const;
};

// "unix:///PATH", "unix:PATH", "HOST:PORT" with a host in 127.0.0.0/8, ::1 (in brackets) or
// localhost, which is 127.0.0.1. INVALID_ARGUMENT for anything else, with a text that quotes it.
absl::StatusOr<ListenAddress> ParseListenAddress(const std::string& text);

}  // namespace amqp_sidecar::rpc
