// AdminServer: the HTTP door for operators: /healthz and /readyz. Threads of its own, so that it
// answers whatever the others do. Changes nothing.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "base/mutex.h"
#include "broker/types.h"

struct mg_context;
struct mg_connection;

namespace amqp_sidecar::app {

class AdminServer {
 public:
  struct Config {
    std::string listen;  // "127.0.0.1:7673", "[::1]:7673"; empty: no server; port 0: any free one
  };

  // Called on the server's threads.
  using SnapshotSource = std::function<std::shared_ptr<const broker::Snapshot>()>;

  AdminServer(Config config, SnapshotSource snapshot);
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
  static int HandleHealth(mg_connection* connection, void* self);
  static int HandleReadiness(mg_connection* connection, void* self);
  static int HandleOther(mg_connection* connection, void* self);

  const Config config_;
  const SnapshotSource snapshot_;
  mg_context* context_ = nullptr;

  base::Mutex mutex_;
  // The first of civetweb's: where Start() fails it says why.
  std::string complaint_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace amqp_sidecar::app
