// CommandClient: the command line's `publish` and `subscribe`, through gRPC like any client. The
// calling thread. Knows nothing of the daemon that it talks to but the API.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace amqp_sidecar::rpc {

struct PublishCommand {
  std::string address;  // "unix:///PATH" or "HOST:PORT"
  std::string exchange;
  std::string routing_key;
  std::string body;
  std::string content_type;
  std::vector<std::pair<std::string, std::string>> headers;
  bool allow_unroutable = false;
  std::chrono::milliseconds timeout = std::chrono::seconds(5);
};

// Writes `published message_id=… routed=…` to `out` and returns 0, or what went wrong to `err`, as
// in `UNROUTABLE: … (persisted: NO)`, and returns 1.
int RunPublish(const PublishCommand& command, std::ostream& out, std::ostream& err);

struct SubscribeCommand {
  std::string address;
  std::string queue;
  uint64_t count = 0;     // ends after so many; 0: when told to stop
  bool json = false;      // one object a line
  bool no_ack = false;    // settles nothing: what was shown goes back at the end
  uint32_t prefetch = 0;  // 0: the sidecar's default, and no more than `count`
};

// Writes each delivery to `out`, acks it once it is written out, and tells events on `err`. Looks
// at `stop` 5 times a second. 0 where it ended as asked; 1 where the stream failed, `out` took no
// more or an ack did not count; 64 where `prefetch` is below what `no_ack` and `count` need.
int RunSubscribe(const SubscribeCommand& command, const std::atomic<bool>& stop, std::ostream& out,
                 std::ostream& err);

}  // namespace amqp_sidecar::rpc
