// Setting: one field of the configuration, by reflection: its default, its bounds, and its value
// from text. Any thread. Knows no files: yaml_reader.h and config.h do.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace amqp_sidecar::app {

// True for a field that one text fills in: a scalar, an enum or a Duration, or a list of those.
bool IsValue(const google::protobuf::FieldDescriptor& field);

// Sets the field from text as it stands in a file, or appends to it where it is a list. Durations
// are "5s", "0.1s", "10ms", "2m"; enums are their short names in lower case.
//
// Errors: INVALID_ARGUMENT, saying what the value must be, for use behind the field's path; a value
// out of the field's bounds; a setting that this version cannot do yet. Never quotes the value.
absl::Status SetFromText(google::protobuf::Message& message,
                         const google::protobuf::FieldDescriptor& field, const std::string& text);

// Sets every field below `message` that declares a default. Dies where a default does not fit its
// own field.
void ApplyDefaults(google::protobuf::Message& message);

// What the option says besides: the field must be left as it is.
absl::Status NotYet(const google::protobuf::FieldDescriptor& field);
bool IsNotYet(const google::protobuf::FieldDescriptor& field);

// One value that can be set from outside a file.
struct Leaf {
  std::string path;  // "amqp.reconnect.max_backoff"
  std::vector<const google::protobuf::FieldDescriptor*> fields;
};

// Every value below `type` that is not inside a list.
std::vector<Leaf> Leaves(const google::protobuf::Descriptor& type);

// Sets the leaf of `root`: a list from its elements, separated by commas.
absl::Status SetLeaf(google::protobuf::Message& root, const Leaf& leaf, const std::string& text);

}  // namespace amqp_sidecar::app
