#include "app/verb.h"

#include <iostream>
#include <iterator>

#include "absl/time/time.h"
#include "app/exit_code.h"

namespace amqp_sidecar::app {

int FailUsage(const std::string& what) {
  std::cerr << "amqp-sidecar: " << what << std::endl;
  return kExitUsage;
}

int FailConfig(const absl::Status& status) {
  std::cerr << "amqp-sidecar: configuration: " << std::string(status.message()) << std::endl;
  return kExitConfig;
}

bool SplitPair(const std::string& text, std::pair<std::string, std::string>& pair) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) return false;
  pair = {text.substr(0, equals), text.substr(equals + 1)};
  return true;
}

std::optional<std::chrono::milliseconds> ParseTimeout(const std::string& text) {
  absl::Duration timeout;
  if (!absl::ParseDuration(text, &timeout) || timeout <= absl::ZeroDuration() ||
      timeout > absl::Hours(1)) {
    return std::nullopt;
  }
  return absl::ToChronoMilliseconds(timeout);
}

int FailTimeout() { return FailUsage("--timeout must be a duration up to 1h, such as 5s"); }

std::string ReadStandardInput() {
  return std::string(std::istreambuf_iterator<char>(std::cin), {});
}

}  // namespace amqp_sidecar::app
