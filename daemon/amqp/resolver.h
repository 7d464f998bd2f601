// Resolver: names to addresses, on a thread of its own, since getaddrinfo waits for as long as it
// likes. At most one thread at a time, and only while there is something to resolve. io thread.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/event_loop.h"

namespace amqp_sidecar::amqp {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
};

class Resolver {
 public:
  // One of the two is empty.
  using Callback = std::function<void(std::vector<SocketAddress>, const std::string& error)>;

  // `loop` is not owned and outlives the resolver.
  explicit Resolver(base::EventLoop& loop);
  // The thread may still wait for an answer; it finds nobody to give it to.
  ~Resolver();

  // Names a request until it is answered.
  using Request = uint64_t;

  // `done` is called on the io thread, never from within the call itself. Where too many wait
  // already: 0, and it is not called.
  Request Resolve(const std::string& host, uint16_t port, Callback done);
  // `done` is not called any more. One that is answered already is no error.
  void Cancel(Request request);

 private:
  struct Shared;

  void OnAnswer(Request request, std::vector<SocketAddress> addresses, const std::string& error);

  const std::shared_ptr<Shared> shared_;
  Request next_ = 1;
};

}  // namespace amqp_sidecar::amqp
