// YamlReader: fills a configuration message from YAML. Any thread. What is in the file and has no
// place in the message is an error: nothing is ignored.
#pragma once

#include <google/protobuf/message.h>

#include <string>

#include "absl/status/status.h"

namespace amqp_sidecar::app {

// Sets what `text` sets, over what `message` holds; a list replaces the whole list. A key without a
// value counts as left out. Arguments (FieldValue) are plain YAML values: quoted is a string,
// otherwise what it looks like.
//
// Errors: INVALID_ARGUMENT, one line: `<source> line 3: amqp.heartbeat: must be a duration ...`.
// Values are not quoted: one may be a password.
absl::Status ReadYaml(const std::string& text, const std::string& source,
                      google::protobuf::Message& message);

}  // namespace amqp_sidecar::app
