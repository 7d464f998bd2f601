// Transport: a byte pipe to the broker, and Dialer, which makes one. io thread. Knows no AMQP. TCP
// is tcp_transport.h, TLS is tls_transport.h; a simulated pipe has the same shape.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "amqp/endpoint.h"
#include "base/clock.h"

namespace amqp_sidecar::amqp {

class Transport {
 public:
  // Never called from within a call on the transport.
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void OnConnected() = 0;
    virtual void OnBytes(std::string_view bytes) = 0;
    // The pipe takes bytes again, after Write() took fewer than it was given.
    virtual void OnWritable() = 0;
    // The pipe is gone, or did not come up by the deadline. The last call.
    virtual void OnClosed(const std::string& why) = 0;
  };

  // Destroying it closes the pipe at once; the listener is not called any more.
  virtual ~Transport() = default;

  // Hands over as many bytes as the pipe takes, and returns how many. Fewer than given: OnWritable
  // follows, or OnClosed.
  virtual size_t Write(std::span<const iovec> slots) = 0;

  // Stops (false) or resumes (true) calling OnBytes.
  virtual void SetReading(bool reading) = 0;

  // Ends the pipe when what was written stays unacknowledged by the other side's kernel for this
  // long; zero: when the kernel thinks fit. Of no effect before OnConnected. Nothing to do for a
  // pipe that has no kernel below it.
  virtual void SetUserTimeout(base::Duration /*timeout*/) {}

  // The address that answered, such as 10.0.0.7, after OnConnected; empty where there is none.
  virtual std::string PeerAddress() const { return ""; }
};

class Dialer {
 public:
  virtual ~Dialer() = default;
  // Begins to connect; the listener is told of the end. `listener` is not owned and outlives the
  // transport.
  virtual std::unique_ptr<Transport> Dial(const Endpoint& endpoint, base::TimePoint deadline,
                                          Transport::Listener& listener) = 0;
};

}  // namespace amqp_sidecar::amqp
