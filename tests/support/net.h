// Small network helpers for tests: a port that is free, an HTTP request, who answers on a socket.
#pragma once

#include <cstdint>
#include <string>

namespace amqp_sidecar::test {

// A loopback TCP port that nobody listens on, outside the range of outgoing connections.
uint16_t FreePort();

struct HttpAnswer {
  int status = 0;  // 0: no answer
  std::string body;
};

// GET http://127.0.0.1:port/path; gives up after two seconds.
HttpAnswer HttpGet(uint16_t port, const std::string& path);

// Whether somebody accepts connections on this loopback port.
bool AnswersOnPort(uint16_t port);

// Whether somebody accepts connections on this Unix socket.
bool AnswersOnSocket(const std::string& path);

// Binds a Unix socket and leaves the file behind with nobody on it.
void LeaveStaleSocket(const std::string& path);

}  // namespace amqp_sidecar::test
