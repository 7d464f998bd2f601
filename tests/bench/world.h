// World: what a run needs around it: a broker (of AMQP_URI, else a private node that ends with the
// object), one sidecar, and meters on both.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "bench/path.h"
#include "bench/process_meter.h"
#include "bench/queues.h"
#include "support/sidecar_process.h"

namespace amqp_sidecar::bench {

class World {
 public:
  // Throws when either does not start.
  World();
  ~World();

  // For MakePublisher, MakeConsumer and MakeTrip.
  std::string AddressOf(Path path) const;
  const std::string& uri() const { return uri_; }
  Queues& queues() { return *queues_; }
  const ProcessMeter& daemon() const { return *daemon_; }
  // Null for a broker of AMQP_URI.
  const ProcessMeter* broker() const { return broker_ ? &*broker_ : nullptr; }
  // Of the daemon, when it had connected and no call had come.
  size_t idle_bytes() const { return idle_bytes_; }
  // Which daemon it is that runs: the beginning of its binary's SHA-256.
  const std::string& daemon_digest() const { return daemon_digest_; }

 private:
  class OwnNode;

  std::unique_ptr<OwnNode> node_;
  std::string uri_;
  std::unique_ptr<test::SidecarProcess> sidecar_;
  std::unique_ptr<Queues> queues_;
  std::optional<ProcessMeter> daemon_;
  std::optional<ProcessMeter> broker_;
  size_t idle_bytes_ = 0;
  std::string daemon_digest_;
};

}  // namespace amqp_sidecar::bench
