// Config: the configuration message from its sources: flags over environment over file over
// defaults. Any thread. Says nothing about what the values mean: settings.h does.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "amqp_sidecar/config/v1/config.pb.h"

namespace amqp_sidecar::app {

struct ConfigSources {
  std::optional<std::string> file;
  // Every variable of the process, as name and value. AMQP_SIDECAR_AMQP_URIS sets amqp.uris.
  std::vector<std::pair<std::string, std::string>> environment;
  // From the command line, as path and value.
  std::vector<std::pair<std::string, std::string>> flags;
};

// The environment of this process.
std::vector<std::pair<std::string, std::string>> ReadEnvironment();

// Errors: INVALID_ARGUMENT, one line that names the key and where it was set. Values are not
// quoted: one may be a password.
absl::StatusOr<config::v1::Config> ReadConfig(const ConfigSources& sources);

}  // namespace amqp_sidecar::app
