#include "app/validation_settings.h"

#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "json/schema.h"

namespace amqp_sidecar::app {
namespace {

using config::v1::Validation;
using config::v1::ValidationRule;

absl::Status Fail(const std::string& key, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat(key, ": ", what));
}

// For which messages it is.
absl::Status CheckMatch(const std::string& key, const ValidationRule& rule) {
  const bool for_publishes = rule.has_exchange() || rule.has_routing_key();
  if (!for_publishes && !rule.has_queue()) {
    return Fail(key,
                "names no messages: set exchange or routing_key, for publishes, or queue, for "
                "deliveries");
  }
  if (for_publishes && rule.has_queue()) {
    return Fail(key,
                "is for publishes and for deliveries: make two rules of it, one with exchange and "
                "routing_key, one with queue");
  }
  if (rule.has_queue() && rule.queue().empty()) return Fail(key + ".queue", "must not be empty");
  if (for_publishes && rule.on_invalid() != config::v1::ON_INVALID_UNSPECIFIED) {
    return Fail(key + ".on_invalid",
                "is for deliveries, in a rule with queue: an invalid publish is refused");
  }
  return absl::OkStatus();
}

// What says nothing where it stands would be thought to say something.
absl::Status CheckUse(const std::string& key, const ValidationRule& rule) {
  if (rule.has_assert_format() && rule.schema_file().empty()) {
    return Fail(key + ".assert_format", "is of no use without schema_file");
  }
  if (rule.json() != config::v1::JSON_CHECK_OFF) return absl::OkStatus();
  const std::pair<const char*, bool> set[] = {
      {"require_fields", !rule.require_fields().empty()},
      {"require_non_zero", !rule.require_non_zero().empty()},
      {"schema_file", !rule.schema_file().empty()},
      {"on_invalid", rule.on_invalid() != config::v1::ON_INVALID_UNSPECIFIED},
      {"unique_keys", rule.has_unique_keys()},
      {"all_errors", rule.has_all_errors()},
  };
  for (const auto& [name, is_set] : set) {
    if (is_set) return Fail(key + ".json", absl::StrCat("is off: take ", name, " out, or json"));
  }
  return absl::OkStatus();
}

template <typename List>
absl::Status ReadPaths(const std::string& key, const List& texts,
                       std::vector<json::FieldPath>& paths) {
  for (int i = 0; i < texts.size(); ++i) {
    absl::StatusOr<json::FieldPath> path = json::FieldPath::Parse(texts.Get(i));
    if (!path.ok()) {
      return Fail(absl::StrCat(key, "[", i, "]"), std::string(path.status().message()));
    }
    paths.push_back(*std::move(path));
  }
  return absl::OkStatus();
}

json::OnInvalid ToOnInvalid(config::v1::OnInvalid action) {
  if (action == config::v1::ON_INVALID_DEAD_LETTER) return json::OnInvalid::kDeadLetter;
  if (action == config::v1::ON_INVALID_REJECT) return json::OnInvalid::kReject;
  return json::OnInvalid::kDeliver;
}

// The rules of one configuration, whose schemas refer to each other.
class Rules {
 public:
  Rules(const Validation& defaults, const std::string& folder)
      : defaults_(defaults), schemas_(folder) {}

  absl::StatusOr<json::Rule> Read(const std::string& key, const ValidationRule& from) {
    if (const auto status = CheckMatch(key, from); !status.ok()) return status;
    if (const auto status = CheckUse(key, from); !status.ok()) return status;
    json::Rule rule;
    if (from.has_exchange()) rule.exchange = from.exchange();
    if (from.has_routing_key()) rule.routing_key = json::TopicPattern(from.routing_key());
    if (from.has_queue()) rule.queue = from.queue();
    rule.off = from.json() == config::v1::JSON_CHECK_OFF;
    rule.on_invalid = ToOnInvalid(from.on_invalid());
    if (const auto status = ReadBody(key, from, rule.body); !status.ok()) return status;
    return rule;
  }

 private:
  absl::Status ReadBody(const std::string& key, const ValidationRule& from, json::BodyCheck& body) {
    body.unique_keys = from.has_unique_keys() ? from.unique_keys() : defaults_.unique_keys();
    body.all_errors = from.has_all_errors() ? from.all_errors() : defaults_.all_errors();
    absl::Status status =
        ReadPaths(key + ".require_fields", from.require_fields(), body.require_fields);
    if (!status.ok()) return status;
    status = ReadPaths(key + ".require_non_zero", from.require_non_zero(), body.require_non_zero);
    if (!status.ok() || from.schema_file().empty()) return status;
    json::Schema::Options options;
    options.assert_format =
        from.has_assert_format() ? from.assert_format() : defaults_.assert_format();
    absl::StatusOr<json::Schema> schema = schemas_.Load(from.schema_file(), options);
    if (!schema.ok()) return Fail(key + ".schema_file", std::string(schema.status().message()));
    body.schema = *std::move(schema);
    return absl::OkStatus();
  }

  const Validation& defaults_;
  json::SchemaFolder schemas_;
};

}  // namespace

absl::StatusOr<json::Validator::Options> ToValidation(const Validation& validation,
                                                      const std::string& folder) {
  std::filesystem::path schema_dir = folder;
  if (!validation.schema_dir().empty()) schema_dir /= validation.schema_dir();
  std::error_code error;
  if (!validation.schema_dir().empty() && !std::filesystem::is_directory(schema_dir, error)) {
    return Fail("validation.schema_dir", absl::StrCat(schema_dir.string(), " is no folder"));
  }
  json::Validator::Options options;
  options.require_json = validation.require_json();
  options.unique_keys = validation.unique_keys();
  Rules rules(validation, schema_dir.string());
  for (int i = 0; i < validation.rules_size(); ++i) {
    const std::string key = absl::StrCat("validation.rules[", i, "]");
    absl::StatusOr<json::Rule> rule = rules.Read(key, validation.rules(i));
    if (!rule.ok()) return rule.status();
    options.rules.push_back(*std::move(rule));
  }
  return options;
}

}  // namespace amqp_sidecar::app
