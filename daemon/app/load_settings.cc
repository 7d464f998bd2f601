#include "app/load_settings.h"

#include <filesystem>
#include <string>
#include <utility>

#include "app/validation_settings.h"

namespace amqp_sidecar::app {
namespace {

// The file's, as it was named: a link in it may be set to another folder meanwhile.
std::string FolderOf(const ConfigSources& sources) {
  if (!sources.file) return ".";
  const std::string folder = std::filesystem::path(*sources.file).parent_path().string();
  return folder.empty() ? "." : folder;
}

}  // namespace

absl::StatusOr<LoadedSettings> LoadSettings(const ConfigSources& sources) {
  absl::StatusOr<config::v1::Config> config = ReadConfig(sources);
  if (!config.ok()) return config.status();
  absl::StatusOr<Settings> settings = ToSettings(*config, FolderOf(sources));
  if (!settings.ok()) return settings.status();
  return LoadedSettings{*std::move(config), *std::move(settings)};
}

absl::StatusOr<BodyRules> LoadBodyRules(const ConfigSources& sources) {
  const absl::StatusOr<config::v1::Config> config = ReadConfig(sources);
  if (!config.ok()) return config.status();
  auto validation = ToValidation(config->validation(), FolderOf(sources));
  if (!validation.ok()) return validation.status();
  return BodyRules{config->limits().max_message_bytes(), *std::move(validation)};
}

}  // namespace amqp_sidecar::app
