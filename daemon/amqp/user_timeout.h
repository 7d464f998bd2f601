// UserTimeout: TCP_USER_TIMEOUT of one socket: how long written bytes may stay unacknowledged
// before the kernel gives the connection up. io thread.
//
// The kernel applies it to a peer that acknowledges everything and whose window is closed as well:
// a broker that does not read for a while (credit flow) would be cut off. So it is taken off while
// the window is closed, where heartbeats decide; only a look now and then can tell, since the
// kernel reports neither. What looks is a timer, and only while something written is not
// acknowledged yet.
#pragma once

#include "base/reactor.h"

namespace amqp_sidecar::amqp {

class UserTimeout {
 public:
  // `reactor` is not owned and outlives it.
  explicit UserTimeout(base::Reactor& reactor) : reactor_(reactor) {}
  ~UserTimeout() { Detach(); }
  UserTimeout(const UserTimeout&) = delete;
  UserTimeout& operator=(const UserTimeout&) = delete;

  // `fd` is not owned.
  void Attach(int fd) { fd_ = fd; }
  // Before the socket is closed.
  void Detach();

  // Zero turns it off. Kept for a socket only while it is attached.
  void Set(base::Duration timeout);
  // Bytes went to the kernel.
  void OnWritten();

 private:
  void Look();
  void Apply(base::Duration timeout);

  // Constant after construction.
  base::Reactor& reactor_;

  // Owned by the io thread.
  int fd_ = -1;
  base::Duration wanted_{};
  base::Duration applied_{};
  base::TimerId timer_ = 0;
};

}  // namespace amqp_sidecar::amqp
