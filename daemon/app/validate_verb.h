// ValidateVerb: the verb validate, its options and its help. Main thread.
#pragma once

#include <optional>
#include <string>

#include "app/config_options.h"
#include "app/validate_command.h"

namespace CLI {
class Option;
}

namespace amqp_sidecar::app {

class ValidateVerb {
 public:
  // Both outlive this.
  ValidateVerb(CLI::App& app, ConfigOptions& config);

  // Does it, and returns the exit code; nothing where it was not parsed.
  std::optional<int> Run();

 private:
  ConfigOptions& config_;
  CLI::App* verb_ = nullptr;
  CLI::Option* exchange_option_ = nullptr;
  CLI::Option* routing_key_option_ = nullptr;
  CLI::Option* queue_option_ = nullptr;
  ValidateCommand command_;
  std::string queue_;
};

}  // namespace amqp_sidecar::app
