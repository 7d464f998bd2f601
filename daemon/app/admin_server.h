// AdminServer: the HTTP door for operators: pages that are read and change nothing. Threads of its
// own, so that it answers whatever the others do. Knows no page.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "base/mutex.h"

struct mg_context;
struct mg_connection;

namespace amqp_sidecar::app {

class AdminServer {
 public:
  struct Config {
    std::string listen;  // "127.0.0.1:7673", "[::1]:7673"; empty: no server; port 0: any free one
  };

  struct Answer {
    int code = 200;
    std::string body;
    std::string content_type = "text/plain; charset=utf-8";
    // What a browser may do with it: as Content-Security-Policy has it. Nothing, unless it is said.
    std::string security_policy = "default-src 'none'; frame-ancestors 'none'";
  };
  // By path, such as "/healthz". Called on the server's threads.
  using Pages = std::map<std::string, std::function<Answer()>>;

  AdminServer(Config config, Pages pages);
  ~AdminServer();

  // INVALID_ARGUMENT for what is neither empty nor a numeric address and a port.
  static absl::Status CheckAddress(const std::string& listen);

  // FAILED_PRECONDITION where the address cannot be had.
  absl::Status Start();

  // Ends the threads; waits for a request that is being answered.
  void Stop();

  // "http://127.0.0.1:7673", with the real port; empty where there is no server.
  std::string address() const;

 private:
  // civetweb would write to standard error.
  static int KeepComplaint(const mg_connection* connection, const char* message);
  static int Handle(mg_connection* connection, void* self);
  Answer AnswerTo(const std::string& path) const;

  const Config config_;
  const Pages pages_;
  mg_context* context_ = nullptr;

  base::Mutex mutex_;
  // The first of civetweb's: where Start() fails it says why.
  std::string complaint_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace amqp_sidecar::app
