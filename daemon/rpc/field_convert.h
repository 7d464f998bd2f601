// Field tables, between protobuf and the broker layer. Pure, any thread. Knows no other message.
#pragma once

#include <google/protobuf/map.h>

#include <optional>
#include <string>

#include "amqp_sidecar/v1/message.pb.h"
#include "broker/types.h"

namespace amqp_sidecar::rpc {

using FieldMap = google::protobuf::Map<std::string, v1::FieldValue>;

// A value of a table is at depth 1, what an array or a table holds one deeper.
inline constexpr int kMaxFieldDepth = 16;
// A name travels in an AMQP short string.
inline constexpr size_t kMaxFieldNameBytes = 255;

// Appends to `out`. Returns what is wrong and where, such as `["x-list"][2] has no value`, or
// nothing.
std::optional<std::string> TakeFields(FieldMap& fields, broker::FieldTable& out);

// An AMQP void becomes a value with no kind set. A long string that is not valid UTF-8 becomes
// bytes_value; in a name bad bytes become U+FFFD.
void PutFields(broker::FieldTable table, FieldMap& out);

}  // namespace amqp_sidecar::rpc
