// ConfigOptions: the options by which the command line says what the configuration is. Main thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/config.h"

namespace CLI {
class App;
}

namespace amqp_sidecar::app {

struct ConfigOptions {
  std::string file;
  std::vector<std::string> settings;  // "key=value"
  std::vector<std::string> amqp_uris;
  std::vector<std::string> listen;
  std::string log_level;
};

// `options` outlives the parse.
void AddConfigOptions(CLI::App& app, ConfigOptions& options);

// The file alone, with the environment.
ConfigSources FileSources(const ConfigOptions& options);
// All of it, or the exit code of wrong usage, which it has told.
std::optional<int> ToSources(const ConfigOptions& options, ConfigSources& sources);

}  // namespace amqp_sidecar::app
