// SidecarLoad: the same work as StockLoad, through a sidecar of its own. One thread, and one more
// that acks.
#pragma once

#include <string>

#include "bench/load.h"
#include "support/client.h"
#include "support/sidecar_process.h"

namespace amqp_sidecar::bench {

class SidecarLoad {
 public:
  // Starts the sidecar; throws when it does not become ready, and later on every failed call.
  explicit SidecarLoad(const std::string& uri);

  // Unary Publish, `in_flight` calls at once.
  Seconds Publish(const Load& load);
  // Subscribe; the ids that came while the last Ack was under way go into the next one.
  Seconds Consume(const Load& load);

  std::chrono::milliseconds ProcessorTime() const { return sidecar_.ProcessorTime(); }

 private:
  test::SidecarProcess sidecar_;
  test::Client client_;
};

}  // namespace amqp_sidecar::bench
