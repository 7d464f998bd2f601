// The HTTP door, through a socket.
#include "app/admin_server.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>

#include "base/unique_fd.h"
#include "support/catch.h"

namespace amqp_sidecar::app {
namespace {

AdminServer::Pages Pages() {
  AdminServer::Pages pages;
  pages["/healthz"] = [] { return AdminServer::Answer{200, "ok\n"}; };
  pages["/readyz"] = [] { return AdminServer::Answer{503, "not ready: why\n", "text/words"}; };
  return pages;
}

std::string Ask(const std::string& address, const std::string& request_line) {
  const base::UniqueFd socket(::socket(AF_INET, SOCK_STREAM, 0));
  timeval deadline{5, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline);
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  peer.sin_port = htons(static_cast<uint16_t>(std::atoi(&address[address.rfind(':') + 1])));
  REQUIRE(::connect(socket.get(), reinterpret_cast<sockaddr*>(&peer), sizeof peer) == 0);
  const std::string request = request_line + " HTTP/1.1\r\nHost: a\r\n\r\n";
  REQUIRE(::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(request.size()));
  std::string answer;
  char buffer[4096];
  for (;;) {
    const ssize_t count = ::recv(socket.get(), buffer, sizeof buffer, 0);
    if (count <= 0) return answer;
    answer.append(buffer, static_cast<size_t>(count));
  }
}

TEST_CASE("the admin server answers on the port that the system chose") {
  AdminServer server({"127.0.0.1:0"}, Pages());
  REQUIRE(server.Start().ok());
  CHECK(server.address() != "http://127.0.0.1:0");
  CHECK_THAT(Ask(server.address(), "GET /healthz"), ContainsSubstring("200 OK"));
  CHECK_THAT(Ask(server.address(), "GET /readyz"), ContainsSubstring("503 "));
  CHECK_THAT(Ask(server.address(), "GET /readyz"), ContainsSubstring("\r\n\r\nnot ready: why\n"));
  CHECK_THAT(Ask(server.address(), "GET /readyz"), ContainsSubstring("text/words"));
  CHECK_THAT(Ask(server.address(), "GET /nothing"), ContainsSubstring("/healthz /readyz"));
  CHECK_THAT(Ask(server.address(), "GET /readyz/x"), ContainsSubstring("404 "));
  CHECK_THAT(Ask(server.address(), "GET /etc/passwd"), ContainsSubstring("404 "));
  CHECK_THAT(Ask(server.address(), "POST /healthz"), ContainsSubstring("405 "));
}

TEST_CASE("a page may do in a browser what it says, and else nothing") {
  AdminServer::Pages pages = Pages();
  pages["/"] = [] { return AdminServer::Answer{200, "<p>", "text/html", "img-src data:"}; };
  AdminServer server({"127.0.0.1:0"}, pages);
  REQUIRE(server.Start().ok());
  CHECK_THAT(Ask(server.address(), "GET /"),
             ContainsSubstring("\r\nContent-Security-Policy: img-src data:\r\n"));
  CHECK_THAT(Ask(server.address(), "GET /healthz"),
             ContainsSubstring("\r\nContent-Security-Policy: default-src 'none';"));
}

TEST_CASE("an admin address that is taken is an error that says so") {
  AdminServer first({"127.0.0.1:0"}, Pages());
  REQUIRE(first.Start().ok());
  AdminServer second({first.address().substr(7)}, Pages());
  const absl::Status status = second.Start();
  CHECK(status.code() == absl::StatusCode::kFailedPrecondition);
  CHECK_THAT(std::string(status.message()), ContainsSubstring("Address already in use"));
}

TEST_CASE("the admin server ends at once when it is stopped") {
  for (const char* listen : {"127.0.0.1:0", "0.0.0.0:0"}) {
    AdminServer server({listen}, Pages());
    REQUIRE(server.Start().ok());
    const auto began = std::chrono::steady_clock::now();
    server.Stop();
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::milliseconds(500));
  }
}

TEST_CASE("an empty admin address means no server") {
  AdminServer server({""}, Pages());
  CHECK(server.Start().ok());
  CHECK(server.address().empty());
}

}  // namespace
}  // namespace amqp_sidecar::app
