// Server: the gRPC server: its addresses, its limits, its services and the threads that serve them.
// One thread starts and stops it; Update() is for any. Not owned: the broker layer, which
// answers everything.
#pragma once

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/unique_fd.h"
#include "broker/broker.h"
#include "rpc/acceptor.h"
#include "rpc/health_service.h"
#include "rpc/listen_address.h"
#include "rpc/publisher_service.h"
#include "rpc/socket_file.h"
#include "rpc/status_reporter.h"
#include "rpc/status_service.h"
#include "rpc/subscriber_service.h"
#include "rpc/topology_service.h"
#include "rpc/worker.h"

namespace amqp_sidecar::rpc {

struct ServerConfig {
  // As ParseListenAddress() takes them.
  std::vector<std::string> listen;
  // Of a body. gRPC's own limit is set above it, so that the refusal is the sidecar's.
  size_t max_message_bytes = 1u << 20;
  // Calls at once on one client connection; more wait in the client.
  uint32_t max_concurrent_streams = 1000;
  // How often a connection that says nothing is asked whether it lives, and how long it may take.
  std::chrono::milliseconds keepalive_time = std::chrono::minutes(1);
  std::chrono::milliseconds keepalive_timeout = std::chrono::seconds(20);
  // Clients that ping more often than this are turned away.
  std::chrono::milliseconds min_ping_interval = std::chrono::seconds(5);
  // Threads that serve calls; 0: one for every two cores, at least one.
  int threads = 0;
};

class Server {
 public:
  // `broker` and `reporter` outlive the server.
  Server(broker::Broker& broker, const StatusReporter& reporter, ServerConfig config);
  ~Server();

  // Listens and serves. Every failure is one that a person must mend: INVALID_ARGUMENT for an
  // address that cannot be, FAILED_PRECONDITION for one that is taken or not allowed, UNAVAILABLE
  // where another sidecar was starting in the same folder, RESOURCE_EXHAUSTED for want of a
  // descriptor. Once.
  absl::Status Start();

  // As clients name them; with the port that the system chose. After Start().
  const std::vector<std::string>& addresses() const { return addresses_; }

  // For those who watch the health or the status. Any thread, also before Start().
  void Update(const broker::Snapshot& snapshot);

  // From here on the publisher and the subscriber are not healthy. Calls go on being answered.
  void BeginDrain();

  // Takes no more calls, lets those that are open end until `deadline`, then cuts them off. The io
  // thread still runs. Idempotent.
  void Shutdown(base::TimePoint deadline);

 private:
  struct Listener {
    ListenAddress address;
    base::UniqueFd socket;  // until the acceptor has it
    std::optional<SocketFile> file;
  };

  absl::Status ParseAddresses();
  // Opens the listeners and starts a server that nobody reaches yet.
  absl::Status Listen();
  absl::Status LockFolders(std::map<std::string, base::UniqueFd>& locks) const;
  static absl::StatusOr<base::UniqueFd> Open(Listener& listener);
  absl::Status Build();
  void SetLimits(grpc::ServerBuilder& builder) const;
  absl::Status Serve();

  // Constant after construction.
  const ServerConfig config_;

  // Owned by the thread that starts and stops. The services outlive the server, the server the
  // workers.
  PublisherService publisher_;
  SubscriberService subscriber_;
  TopologyService topology_;
  StatusService status_;
  HealthService health_;
  std::vector<Listener> listeners_;
  std::vector<std::string> addresses_;
  std::unique_ptr<grpc::Server> server_;
  // Where the server takes what the acceptor accepted.
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> entrance_;
  std::optional<Acceptor> acceptor_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace amqp_sidecar::rpc
