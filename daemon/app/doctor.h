// Doctor: the checks from here to a delivered message, in their order, each by a deadline. Main
// thread. Changes nothing that is not its own, and leaves nothing behind; with `send` it publishes
// one message.
#pragma once

#include <chrono>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "app/binding_check.h"
#include "app/broker_probe.h"
#include "app/config.h"
#include "app/load_settings.h"
#include "rpc/check.h"
#include "rpc/round_trip.h"
#include "rpc/sidecar_probe.h"

namespace amqp_sidecar::app {

struct DoctorCommand {
  ConfigSources sources;
  std::string address;  // empty: the first of grpc.listen in the configuration
  std::optional<std::string> exchange;
  std::optional<std::string> routing_key;
  std::optional<std::string> queue;
  bool send = false;
  bool round_trip = true;
  bool json = false;
  std::chrono::milliseconds timeout = std::chrono::seconds(10);
};

class Doctor {
 public:
  // Both outlive this.
  Doctor(const DoctorCommand& command, std::ostream& out);

  // Writes a line for each check, and one with what to do. Returns the exit code: kExitOk where
  // none failed, kExitConfig where the configuration is not good, kExitFailure otherwise.
  int Run();

 private:
  void CheckConfiguration();
  // The address, from wherever it is told; empty where nothing tells.
  std::string Address() const;
  void CheckWay();
  void CheckLinkAndTopology();
  // Asks all that the checks below these want to know, in the order in which an alarm that nobody
  // knows of yet spoils least.
  void Ask();
  void CheckFlow();
  void CheckExchange();
  void CheckQueue();
  void CheckRoute();

  // What keeps it from asking the sidecar about the broker.
  std::string WhyNotAsked() const;
  // A connection of the doctor's own that is up, where the configuration at hand names the broker.
  bool OpenProbe();
  // Whether the configuration at hand is the sidecar's, as far as can be told.
  bool NamesBroker() const;
  std::optional<Settings> SettingsForProbe() const;
  std::optional<rpc::Login> LoginAt(const std::string& endpoint) const;

  // The deadline of a step: its part of the time, and not beyond the end.
  base::TimePoint Step() const;
  void Tell(const rpc::Check& check);
  void Tell(const std::vector<rpc::Check>& checks);

  const DoctorCommand& command_;
  std::ostream& out_;
  const base::TimePoint end_;

  absl::StatusOr<LoadedSettings> loaded_;
  std::optional<rpc::SidecarProbe> sidecar_;
  bool sidecar_works_ = false;  // it answers and goes on
  bool link_up_ = false;        // its own
  bool blocked_ = false;
  std::optional<BrokerProbe> probe_;
  std::optional<rpc::LinkView> probed_;  // what it saw
  std::optional<amqp::Reply> exchange_;
  std::optional<rpc::QueueAnswer> queue_;
  std::string queue_seen_by_;  // empty: the sidecar
  std::optional<rpc::RoundTrip> trip_;
  std::optional<rpc::SendAnswer> sent_;
  bool failed_ = false;
};

}  // namespace amqp_sidecar::app
