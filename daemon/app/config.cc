#include "app/config.h"

#include <unistd.h>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "app/setting.h"
#include "app/yaml_reader.h"
#include "base/file.h"

namespace amqp_sidecar::app {
namespace {

using config::v1::Config;

constexpr char kPrefix[] = "AMQP_SIDECAR_";
constexpr size_t kMaxFileBytes = 1 << 20;

std::string VariableOf(const Leaf& leaf) {
  return absl::StrCat(kPrefix, absl::AsciiStrToUpper(absl::StrReplaceAll(leaf.path, {{".", "_"}})));
}

// Variables of our prefix that are somebody else's: the address for clients, and what Kubernetes
// sets in every pod for a Service whose name begins with amqp-sidecar.
bool IsForeign(const std::string& name) {
  return name == "AMQP_SIDECAR_ADDR" || name == "AMQP_SIDECAR_CONFIG" ||
         absl::EndsWith(name, "_SERVICE_HOST") || absl::StrContains(name, "_SERVICE_PORT") ||
         absl::EndsWith(name, "_PORT") || absl::StrContains(name, "_PORT_");
}

absl::Status ReadFile(const std::string& path, Config& config) {
  const absl::StatusOr<std::string> text = base::ReadWholeFile(path, kMaxFileBytes);
  if (!text.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("--config: ", text.status().message()));
  }
  return ReadYaml(*text, path, config);
}

absl::Status ApplyEnvironment(const ConfigSources& sources, const std::vector<Leaf>& leaves,
                              Config& config) {
  for (const auto& [name, value] : sources.environment) {
    if (!absl::StartsWith(name, kPrefix) || IsForeign(name)) continue;
    const Leaf* found = nullptr;
    for (const Leaf& leaf : leaves) {
      if (VariableOf(leaf) == name) found = &leaf;
    }
    if (found == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("environment: ", name, ": no setting has this name"));
    }
    if (const absl::Status status = SetLeaf(config, *found, value); !status.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("environment: ", name, " (", found->path, "): ", status.message()));
    }
  }
  return absl::OkStatus();
}

absl::Status ApplyFlags(const ConfigSources& sources, const std::vector<Leaf>& leaves,
                        Config& config) {
  for (const auto& [path, value] : sources.flags) {
    const Leaf* found = nullptr;
    for (const Leaf& leaf : leaves) {
      if (leaf.path == path) found = &leaf;
    }
    if (found == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("command line: ", path, ": no single setting has this name"));
    }
    if (const absl::Status status = SetLeaf(config, *found, value); !status.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("command line: ", path, ": ", status.message()));
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::vector<std::pair<std::string, std::string>> ReadEnvironment() {
  std::vector<std::pair<std::string, std::string>> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const size_t equals = text.find('=');
    if (equals == std::string::npos) continue;
    variables.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

absl::StatusOr<Config> ReadConfig(const ConfigSources& sources) {
  Config config;
  ApplyDefaults(config);
  const std::vector<Leaf> leaves = Leaves(*Config::descriptor());
  if (sources.file) {
    if (const absl::Status status = ReadFile(*sources.file, config); !status.ok()) return status;
  }
  if (const auto status = ApplyEnvironment(sources, leaves, config); !status.ok()) return status;
  if (const auto status = ApplyFlags(sources, leaves, config); !status.ok()) return status;
  return config;
}

}  // namespace amqp_sidecar::app
