#include "app/admin_server.h"

#include <arpa/inet.h>
#include <civetweb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/unique_fd.h"

namespace amqp_sidecar::app {
namespace {

struct HostAndPort {
  std::string host;  // in brackets where it is IPv6
  int port = -1;
};

bool IsNumericHost(const std::string& host) {
  in6_addr address;  // large enough for both
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    return ::inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &address) == 1;
  }
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1;
}

// A port of -1 where it is no such address.
HostAndPort Split(const std::string& listen) {
  const size_t colon = listen.rfind(':');
  if (colon == std::string::npos) return {};
  HostAndPort result{listen.substr(0, colon), -1};
  if (result.host == "localhost") result.host = "127.0.0.1";
  int port = 0;
  if (IsNumericHost(result.host) && absl::SimpleAtoi(listen.substr(colon + 1), &port) &&
      port >= 0 && port <= 65535) {
    result.port = port;
  }
  return result;
}

constexpr char kHeaders[] =
    "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: "
    "no-referrer\r\nConnection: close\r\n";

// Connects and hangs up.
void Knock(const std::string& host, int port) {
  sockaddr_in6 v6 = {};
  sockaddr_in v4 = {};
  const bool is_v6 = host.front() == '[';
  v6.sin6_family = AF_INET6;
  v4.sin_family = AF_INET;
  v6.sin6_port = v4.sin_port = htons(static_cast<uint16_t>(port));
  if (is_v6) {
    ::inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &v6.sin6_addr);
  } else {
    ::inet_pton(AF_INET, host.c_str(), &v4.sin_addr);
  }
  const base::UniqueFd fd(
      ::socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  // Non-blocking: whether anybody takes it makes no difference.
  (void)::connect(
      fd.get(),
      is_v6 ? reinterpret_cast<const sockaddr*>(&v6) : reinterpret_cast<const sockaddr*>(&v4),
      is_v6 ? sizeof v6 : sizeof v4);
}

}  // namespace

AdminServer::AdminServer(Config config, Pages pages)
    : config_(std::move(config)), pages_(std::move(pages)) {}

AdminServer::~AdminServer() { Stop(); }

absl::Status AdminServer::CheckAddress(const std::string& listen) {
  if (listen.empty() || Split(listen).port >= 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "must be an address and a port such as 127.0.0.1:7673, or empty");
}

absl::Status AdminServer::Start() {
  if (config_.listen.empty()) return absl::OkStatus();
  const HostAndPort address = Split(config_.listen);
  const std::string ports = absl::StrCat(address.host, ":", address.port);
  // Two threads: a probe is answered while a slow client is served.
  const std::array options = {"listening_ports",
                              ports.c_str(),
                              "num_threads",
                              "2",
                              "request_timeout_ms",
                              "5000",
                              "enable_keep_alive",
                              "no",
                              "max_request_size",
                              "8192",
                              static_cast<const char*>(nullptr)};
  std::array<const char*, options.size()> values = options;
  mg_callbacks callbacks = {};
  callbacks.log_message = KeepComplaint;
  mg_init_library(0);
  context_ = mg_start(&callbacks, this, values.data());
  if (context_ == nullptr) {
    mg_exit_library();
    const base::MutexLock lock(&mutex_);
    return absl::FailedPreconditionError(complaint_.empty() ? "cannot listen" : complaint_);
  }
  mg_set_request_handler(context_, "/", Handle, this);
  return absl::OkStatus();
}

int AdminServer::KeepComplaint(const mg_connection* connection, const char* message) {
  auto* self = static_cast<AdminServer*>(mg_get_user_data(mg_get_context(connection)));
  if (self == nullptr) return 1;
  const base::MutexLock lock(&self->mutex_);
  if (self->complaint_.empty()) self->complaint_ = message;
  return 1;
}

void AdminServer::Stop() {
  if (context_ == nullptr) return;
  mg_server_port port = {};
  mg_get_server_ports(context_, 1, &port);
  std::atomic<bool> stopped = false;
  std::thread stopper([&] {
    mg_stop(context_);
    stopped = true;
  });
  // The thread that accepts looks up every two seconds only: a connection wakes it.
  while (!stopped) {
    Knock(Split(config_.listen).host, port.port);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  stopper.join();
  mg_exit_library();
  context_ = nullptr;
}

std::string AdminServer::address() const {
  if (context_ == nullptr) return "";
  mg_server_port port = {};
  if (mg_get_server_ports(context_, 1, &port) != 1) return "";
  return absl::StrCat("http://", Split(config_.listen).host, ":", port.port);
}

AdminServer::Answer AdminServer::AnswerTo(const std::string& path) const {
  const auto found = pages_.find(path);
  if (found != pages_.end()) return found->second();
  std::string paths;
  for (const auto& [known, page] : pages_) absl::StrAppend(&paths, paths.empty() ? "" : " ", known);
  return {404, absl::StrCat("here are ", paths, "\n")};
}

int AdminServer::Handle(mg_connection* connection, void* self) {
  const mg_request_info& request = *mg_get_request_info(connection);
  const std::string_view method = request.request_method;
  const bool known = method == "GET" || method == "HEAD";
  const Answer answer = known ? static_cast<AdminServer*>(self)->AnswerTo(request.local_uri)
                              : Answer{405, "only GET and HEAD\n"};
  mg_printf(connection,
            "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Security-Policy: "
            "%s\r\n%sContent-Length: %zu\r\n\r\n",
            answer.code, mg_get_response_code_text(connection, answer.code),
            answer.content_type.c_str(), answer.security_policy.c_str(), kHeaders,
            answer.body.size());
  if (method != "HEAD") mg_write(connection, answer.body.data(), answer.body.size());
  return answer.code;
}

}  // namespace amqp_sidecar::app
