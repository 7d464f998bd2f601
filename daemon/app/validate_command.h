// ValidateCommand: what the sidecar would say of the bodies in some files, by a configuration, and
// without a broker. The calling thread.
#pragma once

#include <istream>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "app/config.h"

namespace amqp_sidecar::app {

struct ValidateCommand {
  // As if they were published so; or, where there is a queue, delivered from it.
  std::string exchange;
  std::string routing_key;
  std::optional<std::string> queue;
  std::string content_type;        // empty, of a publish: application/json
  std::vector<std::string> files;  // "-" is `in`
};

// One line for each file to `out`: "FILE: valid", or "FILE: invalid: " and why, and for a delivery
// what would become of it. What cannot be done at all goes to `err`. Returns the exit code:
// kExitOk where all are valid, kExitFailure where one is not, kExitUsage where one cannot be read,
// kExitConfig.
int RunValidate(const ConfigSources& sources, const ValidateCommand& command, std::istream& in,
                std::ostream& out, std::ostream& err);

}  // namespace amqp_sidecar::app
