#include "app/client_address.h"

#include <CLI/CLI.hpp>
#include <cstdlib>

namespace amqp_sidecar::app {

void AddAddressOptions(CLI::App& verb, std::string& address, ConfigOptions& config) {
  verb.add_option("--address", address,
                  "The sidecar's address, unix:///... or host:port. Left out: AMQP_SIDECAR_ADDR,\n"
                  "else the first of grpc.listen in --config, else the default socket")
      ->type_name("ADDRESS");
  verb.add_option("-c,--config", config.file, "The sidecar's configuration file")
      ->envname("AMQP_SIDECAR_CONFIG")
      ->type_name("FILE");
}

std::string ExplicitAddress(const std::string& given) {
  if (!given.empty()) return given;
  const char* variable = std::getenv("AMQP_SIDECAR_ADDR");
  return variable == nullptr ? "" : variable;
}

absl::StatusOr<std::string> ClientAddress(const std::string& given, const ConfigOptions& config) {
  if (std::string address = ExplicitAddress(given); !address.empty()) return address;
  const absl::StatusOr<config::v1::Config> read = ReadConfig(FileSources(config));
  if (!read.ok()) return read.status();
  if (read->grpc().listen().empty()) {
    return absl::InvalidArgumentError("grpc.listen: must name at least one address");
  }
  return read->grpc().listen(0);
}

}  // namespace amqp_sidecar::app
