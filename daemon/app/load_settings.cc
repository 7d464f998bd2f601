#include "app/load_settings.h"

#include <filesystem>
#include <string>
#include <utility>

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

}  // namespace amqp_sidecar::app
