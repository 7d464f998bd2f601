// Connection: one incarnation of an AMQP 0-9-1 connection, without I/O: bytes in, bytes and events
// out, time passed in. Handshake, tune, heartbeat, channels, blocked, close by either side. io
// thread. Knows no sockets and no reconnects: link.h does.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "amqp/channel.h"
#include "amqp/failure.h"
#include "base/clock.h"

namespace amqp_sidecar::amqp {

// What the broker says of itself in connection.start.
struct ServerInfo {
  std::string product;
  std::string version;
};

class Connection {
 public:
  struct Options {
    std::string user;
    std::string password;
    std::string vhost = "/";
    std::string connection_name;                          // shown by RabbitMQ's tools
    base::Duration heartbeat = std::chrono::seconds(10);  // whole seconds; 0 turns them off
    base::Duration handshake_timeout = std::chrono::seconds(5);
    base::Duration operation_timeout = std::chrono::seconds(5);
    uint16_t max_channels = 1000;
    // A delivery with a larger body is skipped, and told.
    uint64_t max_body_bytes = 128u << 20;
  };

  class Listener {
   public:
    virtual ~Listener() = default;
    // The handshake is done: channels may be opened.
    virtual void OnReady(const ServerInfo& server) = 0;
    virtual void OnBlocked(std::string_view reason) = 0;
    virtual void OnUnblocked() = 0;
    // The publish queue has room again, after PublishQueueHasRoom() was false.
    virtual void OnPublishRoom() = 0;
    // The connection is over; every channel has had its OnClosed. The last call. What HasOutput()
    // still holds (a close-ok) may be written before the pipe is closed.
    virtual void OnClosed(const Failure& failure) = 0;
  };

  // `listener` is not owned and outlives the connection, which must not be destroyed from within
  // a call to it or to a channel's listener.
  static std::unique_ptr<Connection> Create(const Options& options, Listener& listener);

  virtual ~Connection() = default;

  // The pipe is up: queues the protocol header.
  virtual void Start(base::TimePoint now) = 0;

  // Bytes from the broker, cut anywhere.
  virtual void Receive(std::string_view bytes, base::TimePoint now) = 0;

  // Bytes for the broker. Gather() points at what goes next, control frames ahead of publishes, and
  // returns how many slots it filled; MarkWritten() says how many of those bytes the pipe took. The
  // pointers hold until the next call of anything here.
  virtual bool HasOutput() const = 0;
  virtual size_t Gather(std::span<iovec> slots) = 0;
  virtual void MarkWritten(size_t bytes, base::TimePoint now) = 0;

  // To be called at NextDeadline() or later.
  virtual base::TimePoint NextDeadline() const = 0;
  virtual void OnTick(base::TimePoint now) = 0;

  // The pipe is gone: everything ends with kLinkLost and `why`.
  virtual void PipeClosed(std::string_view why) = 0;

  // Says goodbye: connection.close behind what is queued. OnClosed(kClosedHere) follows with the
  // broker's close-ok, or after operation_timeout.
  virtual void Close(base::TimePoint now) = 0;

  virtual bool ready() const = 0;
  virtual bool blocked() const = 0;

  // Null where every channel number is in use or in quarantine, or the connection is not ready.
  virtual Channel* OpenChannel(Channel::Listener& listener) = 0;
  // Open, and the most there may be.
  virtual size_t channels_open() const = 0;
  virtual size_t channels_max() const = 0;

  // A clock for what the broker is to answer: it stands still while the connection is blocked or
  // its bytes wait unwritten, which is a matter for the heartbeats.
  virtual base::Duration OperationTime(base::TimePoint now) const = 0;

  // The largest frame that both sides agreed on; kFrameMax before the connection is ready.
  virtual uint32_t frame_max() const = 0;

  // False while 256 KiB of publishes or more wait to be written, and until half of it is out.
  virtual bool PublishQueueHasRoom() const = 0;

  // Calls `written` with true once every control frame queued before now has been handed to the
  // pipe whole, or with false when the connection ends first. Never from within the call itself.
  virtual void NotifyWritten(absl::AnyInvocable<void(bool)> written) = 0;
};

}  // namespace amqp_sidecar::amqp
