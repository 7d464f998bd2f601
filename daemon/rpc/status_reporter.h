// StatusReporter: what the sidecar knows of itself, as SidecarStatus. Any thread; waits for none,
// so that it answers while the io thread is stuck.
#pragma once

#include <functional>

#include "amqp_sidecar/v1/status.pb.h"
#include "base/clock.h"
#include "broker/broker.h"

namespace amqp_sidecar::rpc {

class StatusReporter {
 public:
  // How long the io thread has not come round: base::EventLoop::Stalled().
  using StalledSource = std::function<base::Duration()>;

  // `broker` outlives this. `stalled` is called on the threads that ask. The process counts as
  // begun now.
  StatusReporter(broker::Broker& broker, StalledSource stalled);

  v1::SidecarStatus Report() const;

 private:
  broker::Broker& broker_;
  const StalledSource stalled_;
  const base::WallTime started_at_;
};

}  // namespace amqp_sidecar::rpc
