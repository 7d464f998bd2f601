#include "app/config_options.h"

#include <CLI/CLI.hpp>
#include <utility>

#include "absl/strings/str_join.h"
#include "app/verb.h"

namespace amqp_sidecar::app {

void AddConfigOptions(CLI::App& app, ConfigOptions& options) {
  app.add_option("-c,--config", options.file, "Configuration file (YAML)")
      ->envname("AMQP_SIDECAR_CONFIG")
      ->type_name("FILE");
  app.add_option("--set", options.settings,
                 "Set one setting, such as --set limits.max_message_bytes=65536")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  app.add_option("--amqp-uri", options.amqp_uris,
                 "A broker, such as amqp://guest@127.0.0.1:5672/; may be repeated.\n"
                 "The process list shows it: passwords are better in amqp.password_file")
      ->type_name("URI")
      ->allow_extra_args(false);
  app.add_option("--listen", options.listen,
                 "Where to listen for gRPC, such as unix:///run/amqp-sidecar/sidecar.sock\n"
                 "or 127.0.0.1:7672; may be repeated")
      ->type_name("ADDRESS")
      ->allow_extra_args(false);
  app.add_option("--log-level", options.log_level, "debug, info, warn or error")
      ->type_name("LEVEL");
}

ConfigSources FileSources(const ConfigOptions& options) {
  ConfigSources sources;
  if (!options.file.empty()) sources.file = options.file;
  sources.environment = ReadEnvironment();
  return sources;
}

std::optional<int> ToSources(const ConfigOptions& options, ConfigSources& sources) {
  sources = FileSources(options);
  const auto join = [](const std::vector<std::string>& list) { return absl::StrJoin(list, ","); };
  if (!options.amqp_uris.empty()) sources.flags.emplace_back("amqp.uris", join(options.amqp_uris));
  if (!options.listen.empty()) sources.flags.emplace_back("grpc.listen", join(options.listen));
  if (!options.log_level.empty()) sources.flags.emplace_back("log.level", options.log_level);
  for (const std::string& setting : options.settings) {
    std::pair<std::string, std::string> pair;
    if (!SplitPair(setting, pair)) return FailUsage("--set takes KEY=VALUE");
    sources.flags.push_back(std::move(pair));
  }
  return std::nullopt;
}

}  // namespace amqp_sidecar::app
