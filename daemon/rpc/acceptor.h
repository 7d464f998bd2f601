// Acceptor: lets clients in: accepts what connects to the listening sockets and hands it on. A
// thread of its own. Knows no gRPC.
//
// A process that has used up its descriptors could neither reach the broker again nor open a file.
// So the last of them are not for clients: while no others are left, clients wait in the sockets'
// backlogs, which is logged, and are let in as soon as there is room.
#pragma once

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/unique_fd.h"

namespace amqp_sidecar::rpc {

class Acceptor {
 public:
  // Takes a connection, accepted by the listening socket `listener`. It does not block. Called on
  // the acceptor's thread.
  using Sink = std::function<void(int listener, base::UniqueFd connection)>;

  // The sockets listen already and do not block.
  Acceptor(std::vector<base::UniqueFd> listeners, Sink sink);
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  // Once. RESOURCE_EXHAUSTED where there is no descriptor even for this.
  absl::Status Start();

  // Closes the listening sockets: who waits in a backlog is turned away. The sink is not called
  // afterwards. Idempotent.
  void Stop();

 private:
  void Run();
  // Who waits at this socket. False where there is no room for more.
  bool AcceptSome(int listener);
  void Tell(const std::string& obstacle);

  // Constant after construction.
  const Sink sink_;

  // Owned by the acceptor's thread while it runs.
  std::vector<base::UniqueFd> listeners_;
  bool told_ = false;  // of an obstacle that is there still
  base::TimePoint tell_not_before_{};

  base::UniqueFd stop_;  // an eventfd, readable from Stop() on
  std::thread thread_;
};

}  // namespace amqp_sidecar::rpc
