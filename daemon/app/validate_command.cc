#include "app/validate_command.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "app/exit_code.h"
#include "app/load_settings.h"
#include "app/one_line.h"
#include "base/file.h"
#include "json/validator.h"

namespace amqp_sidecar::app {
namespace {

// Of a file that is to be a body: over what limits.max_message_bytes may be.
constexpr size_t kMaxFileBytes = 129u << 20;

absl::StatusOr<std::string> ReadBody(const std::string& file, std::istream& in) {
  if (file != "-") return base::ReadWholeFile(file, kMaxFileBytes);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

std::string WhatBecomesOfIt(json::OnInvalid action) {
  switch (action) {
    case json::OnInvalid::kDeliver:
      return "delivered with invalid_reason";
    case json::OnInvalid::kDeadLetter:
      return "dead-lettered";
    case json::OnInvalid::kReject:
      return "rejected";
  }
  return "";
}

// The daemon's rules, for the messages of one command.
class Judge {
 public:
  Judge(BodyRules rules, const ValidateCommand& command)
      : max_message_bytes_(rules.max_message_bytes),
        validator_(std::move(rules.validation)),
        command_(command) {}

  // What is wrong with the body; or nothing.
  std::optional<std::string> FaultOf(const std::string& body) const {
    return command_.queue ? FaultOfDelivery(body) : FaultOfPublish(body);
  }

 private:
  std::optional<std::string> FaultOfPublish(const std::string& body) const {
    if (body.size() > max_message_bytes_) {
      return absl::StrCat("the body is ", body.size(), " bytes; limits.max_message_bytes is ",
                          max_message_bytes_);
    }
    const std::string& type = command_.content_type;
    return validator_.CheckPublish(command_.exchange, command_.routing_key,
                                   type.empty() ? "application/json" : type, body);
  }

  std::optional<std::string> FaultOfDelivery(const std::string& body) const {
    const auto fault = validator_.CheckDelivery(*command_.queue, command_.content_type, body);
    if (!fault) return std::nullopt;
    return absl::StrCat(fault->reason, " (", WhatBecomesOfIt(fault->action), ")");
  }

  const uint64_t max_message_bytes_;
  const json::Validator validator_;
  const ValidateCommand& command_;
};

}  // namespace

int RunValidate(const ConfigSources& sources, const ValidateCommand& command, std::istream& in,
                std::ostream& out, std::ostream& err) {
  absl::StatusOr<BodyRules> rules = LoadBodyRules(sources);
  if (!rules.ok()) {
    err << "amqp-sidecar: configuration: " << std::string(rules.status().message()) << std::endl;
    return kExitConfig;
  }
  const Judge judge(*std::move(rules), command);
  bool all_valid = true;
  bool all_read = true;
  for (const std::string& file : command.files) {
    const absl::StatusOr<std::string> body = ReadBody(file, in);
    if (!body.ok()) {
      err << "amqp-sidecar: " << OneLine(std::string(body.status().message())) << std::endl;
      all_read = false;
      continue;
    }
    const std::optional<std::string> fault = judge.FaultOf(*body);
    all_valid = all_valid && !fault;
    out << OneLine(absl::StrCat(file, fault ? ": invalid: " : ": valid", fault.value_or("")))
        << '\n';
  }
  out << std::flush;
  if (!all_read) return kExitUsage;
  return all_valid ? kExitOk : kExitFailure;
}

}  // namespace amqp_sidecar::app
