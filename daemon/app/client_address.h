// ClientAddress: by which address a verb reaches the sidecar, and its options. Main thread.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "app/config_options.h"

namespace amqp_sidecar::app {

// `address` and `config` outlive the parse.
void AddAddressOptions(CLI::App& verb, std::string& address, ConfigOptions& config);

// What was given, else AMQP_SIDECAR_ADDR, else the first of grpc.listen in the configuration.
//
// Errors: INVALID_ARGUMENT of a configuration that does not say.
absl::StatusOr<std::string> ClientAddress(const std::string& given, const ConfigOptions& config);

// The first two of these; empty where neither says.
std::string ExplicitAddress(const std::string& given);

}  // namespace amqp_sidecar::app
