// TcpProxy: the few faults of the FaultProxy that an integration test needs, by their plain names.
// Any thread.
#pragma once

#include <chrono>

#include "support/fault_proxy.h"

namespace amqp_sidecar::test {

class TcpProxy {
 public:
  // Listens on a free loopback port, forwards to 127.0.0.1:`target`.
  explicit TcpProxy(uint16_t target) : proxy_(target) {}

  uint16_t port() const { return proxy_.port(); }
  // As RabbitmqNode::uri, through the proxy.
  std::string uri() const { return proxy_.uri(); }

  // Ends every connection now; new ones are served.
  void Cut() { proxy_.End(Ending::kClose); }
  // Ends every connection and refuses new ones, as if nobody listened, until Restore.
  void TakeAway() { proxy_.TakeAway(); }
  // What the broker says is held back (the sidecar's bytes go on to the broker) until Restore.
  void MuteBroker() {
    Faults mute;
    mute.hole = Hole::kStopReading;
    proxy_.Set(FaultProxy::Way::kToClient, mute);
  }
  // Each way takes so much longer, until Restore.
  void Delay(std::chrono::milliseconds time) {
    Faults slow;
    slow.delay = time;
    proxy_.SetBoth(slow);
  }
  void Restore() { proxy_.Restore(); }
  // Connections accepted since the start.
  int accepted() const { return proxy_.accepted(); }

 private:
  FaultProxy proxy_;
};

}  // namespace amqp_sidecar::test
