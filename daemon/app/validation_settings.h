// The section validation of the configuration, as what the json layer is given: rules checked,
// schemas compiled. Any thread. Opens schema files and nothing else.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "amqp_sidecar/config/v1/config.pb.h"
#include "json/validator.h"

namespace amqp_sidecar::app {

// `folder` is what a relative validation.schema_dir is relative to: the configuration file's.
//
// Errors: INVALID_ARGUMENT, one line that begins with the key, such as
// "validation.rules[2].schema_file: ...".
absl::StatusOr<json::Validator::Options> ToValidation(const config::v1::Validation& validation,
                                                      const std::string& folder);

}  // namespace amqp_sidecar::app
