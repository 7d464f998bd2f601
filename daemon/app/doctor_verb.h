// DoctorVerb: the verb doctor, its options and its help. Main thread.
#pragma once

#include <optional>
#include <string>

#include "app/config_options.h"
#include "app/doctor.h"

namespace amqp_sidecar::app {

class DoctorVerb {
 public:
  // Both outlive this.
  DoctorVerb(CLI::App& app, ConfigOptions& config);

  // Does it, and returns the exit code; nothing where it was not parsed.
  std::optional<int> Run();

 private:
  ConfigOptions& config_;
  CLI::App* verb_ = nullptr;
  std::string address_;
  std::string timeout_ = "10s";
  bool no_round_trip_ = false;
  DoctorCommand command_;
};

}  // namespace amqp_sidecar::app
