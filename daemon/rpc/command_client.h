// CommandClient: the command line's `publish`, `subscribe`, `redrive` and `status`, through gRPC
// like any client. The calling thread. Knows nothing of the daemon that it talks to but the API.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
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

// Where the messages of a dead-letter queue go. With neither `to_queue` nor `to_exchange` each goes
// back to the queue that it was dead-lettered from.
struct RedriveRule {
  std::string from;  // the dead-letter queue: never a target by itself
  std::optional<std::string> to_queue;
  std::optional<std::string> to_exchange;  // not with to_queue; empty is the default exchange
  std::optional<std::string> routing_key;  // with to_exchange only; absent: each message's own
};

struct RedriveCommand {
  std::string address;
  RedriveRule rule;
  std::optional<uint64_t> count;  // at most so many of those that are there at the start
  bool dry_run = false;           // only says where each would go
  bool json = false;              // what goes to `out`: one object a line
};

// Publishes each message where it goes, and acks its original once the broker has it there. Tells
// on `err` what cannot be moved, how far it is, and the figures at the end; `out` has the targets
// of a dry run and, with `json`, the figures. Looks at `stop` 5 times a second, and then ends once
// what is in flight has its answer. 0 where all that was to be moved was, or would be; 1 where not;
// 64 where the rule makes no sense.
int RunRedrive(const RedriveCommand& command, const std::atomic<bool>& stop, std::ostream& out,
               std::ostream& err);

// Of a terminal, in characters.
struct TerminalSize {
  size_t lines = 24;
  size_t columns = 80;
};

struct StatusCommand {
  std::string address;
  bool json = false;   // one object a line
  bool watch = false;  // again and again, until told to stop
  std::chrono::milliseconds interval = std::chrono::seconds(1);  // 0.1 s to 1 h; of a watch
  // Set where `out` is a terminal, on which a watch is redrawn.
  std::function<TerminalSize()> terminal;
};

// Writes the status to `out`; what a watch shows that is not redrawn is separated by empty lines.
// A watch waits for a sidecar that went away to return, and tells both on `err`. Looks at `stop` 5
// times a second. 0 where the sidecar answered, whatever it says; 1 where it did not, or `out`
// takes no more, and why to `err`.
int RunStatus(const StatusCommand& command, const std::atomic<bool>& stop, std::ostream& out,
              std::ostream& err);

}  // namespace amqp_sidecar::rpc
