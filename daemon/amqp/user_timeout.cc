#include "amqp/user_timeout.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <utility>

namespace amqp_sidecar::amqp {
namespace {

// Looks this often within one timeout: a window that closes must be seen well before the end of it.
constexpr int kLooks = 4;

struct Queued {
  int all = 0;     // not acknowledged, sent or not
  int unsent = 0;  // of those
};

Queued InKernel(int fd) {
  Queued queued;
  if (::ioctl(fd, SIOCOUTQ, &queued.all) != 0 || ::ioctl(fd, SIOCOUTQNSD, &queued.unsent) != 0) {
    return {};
  }
  return queued;
}

}  // namespace

void UserTimeout::Detach() {
  reactor_.Cancel(std::exchange(timer_, 0));
  fd_ = -1;
  wanted_ = applied_ = base::Duration::zero();
}

void UserTimeout::Set(base::Duration timeout) {
  if (fd_ < 0) return;
  wanted_ = timeout;
  if (wanted_ == base::Duration::zero()) {
    reactor_.Cancel(std::exchange(timer_, 0));
    Apply(wanted_);
  } else {
    Look();
  }
}

void UserTimeout::OnWritten() {
  if (timer_ != 0 || wanted_ == base::Duration::zero()) return;
  timer_ = reactor_.After(wanted_ / kLooks, [this] { Look(); });
}

void UserTimeout::Look() {
  reactor_.Cancel(std::exchange(timer_, 0));
  const Queued queued = InKernel(fd_);
  // All that was sent is acknowledged, and there is more: the window is closed.
  const bool closed_window = queued.all > 0 && queued.all == queued.unsent;
  Apply(closed_window ? base::Duration::zero() : wanted_);
  if (queued.all > 0) OnWritten();
}

void UserTimeout::Apply(base::Duration timeout) {
  if (timeout == applied_) return;
  applied_ = timeout;
  const auto value =
      static_cast<unsigned>(std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count());
  // An improvement only: without it the heartbeats tell, later.
  (void)::setsockopt(fd_, IPPROTO_TCP, TCP_USER_TIMEOUT, &value, sizeof value);
}

}  // namespace amqp_sidecar::amqp
