// LoadSettings: from the sources of the configuration to what it means. Any thread. Opens what
// ReadConfig() and ToSettings() open.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "amqp_sidecar/config/v1/config.pb.h"
#include "app/config.h"
#include "app/settings.h"
#include "json/validator.h"

namespace amqp_sidecar::app {

struct LoadedSettings {
  config::v1::Config config;
  Settings settings;
};

// Errors: INVALID_ARGUMENT, one line that names the key. No credential is quoted.
absl::StatusOr<LoadedSettings> LoadSettings(const ConfigSources& sources);

// What the configuration says of bodies, without the rest: needs no secret that the rest needs.
struct BodyRules {
  uint64_t max_message_bytes = 0;
  json::Validator::Options validation;
};

// Errors: as LoadSettings().
absl::StatusOr<BodyRules> LoadBodyRules(const ConfigSources& sources);

}  // namespace amqp_sidecar::app
