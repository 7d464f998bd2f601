#include "app/reload.h"

#include <google/protobuf/util/message_differencer.h>

#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "app/load_settings.h"
#include "base/log.h"

namespace amqp_sidecar::app {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// The message with this field alone.
std::unique_ptr<Message> Only(const Message& message, const FieldDescriptor& field) {
  std::unique_ptr<Message> only(message.New());
  only->CopyFrom(message);
  std::vector<const FieldDescriptor*> set;
  only->GetReflection()->ListFields(*only, &set);
  for (const FieldDescriptor* other : set) {
    if (other != &field) only->GetReflection()->ClearField(only.get(), other);
  }
  return only;
}

}  // namespace

std::string SectionsThatDiffer(const config::v1::Config& one, const config::v1::Config& other) {
  const auto& type = *config::v1::Config::descriptor();
  std::vector<std::string> names;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.number() == config::v1::Config::kValidationFieldNumber) continue;
    if (!google::protobuf::util::MessageDifferencer::Equals(*Only(one, field),
                                                            *Only(other, field))) {
      names.push_back(field.name());
    }
  }
  return absl::StrJoin(names, ", ");
}

// What was read once from a pipe is empty now, or never ends.
absl::Status Reload::CheckFile() const {
  std::error_code error;
  if (!sources_.file || std::filesystem::is_regular_file(*sources_.file, error)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--config: ", *sources_.file, " is not there, or not a regular file"));
}

void Reload::Run() {
  const absl::Status readable = CheckFile();
  absl::StatusOr<LoadedSettings> loaded =
      readable.ok() ? LoadSettings(sources_) : absl::StatusOr<LoadedSettings>(readable);
  if (!loaded.ok()) {
    base::Log(base::LogLevel::kError, "configuration not reloaded: the old one stays",
              {{"reason", std::string(loaded.status().message())}});
    return;
  }
  json::Validator::Options& validation = loaded->settings.broker.validation;
  const size_t rules = validation.rules.size();
  take_(std::move(validation));
  base::Log(base::LogLevel::kInfo, "validation reloaded", {{"rules", rules}});
  const std::string other = SectionsThatDiffer(running_, loaded->config);
  if (other.empty()) return;
  base::Log(base::LogLevel::kWarn, "settings that changed need a restart", {{"settings", other}});
}

}  // namespace amqp_sidecar::app
