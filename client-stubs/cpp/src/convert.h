// Between C++'s own types and the messages of the API. Pure.
#pragma once

#include <chrono>

#include <google/protobuf/duration.pb.h>

#include "amqp_sidecar/message.h"
#include "amqp_sidecar/topology.h"
#include "amqp_sidecar/v1/message.pb.h"
#include "amqp_sidecar/v1/topology.pb.h"

namespace amqp_sidecar {

using FieldMap = google::protobuf::Map<std::string, v1::FieldValue>;

// Throws std::invalid_argument, with what is wrong, where a text is not UTF-8 or tables nest too
// deep: gRPC would fail the whole stream for it.
void ToProto(const Table& table, FieldMap& map);
void ToProto(const Properties& properties, v1::Properties& out);
void ToProto(const Exchange& exchange, v1::Exchange& out);
void ToProto(const Queue& queue, v1::Queue& out);
void ToProto(const Binding& binding, v1::Binding& out);
void CheckText(const std::string& what, std::string_view text);

Table FromProto(const FieldMap& map);
Properties FromProto(const v1::Properties& properties);

google::protobuf::Duration ToProto(std::chrono::milliseconds span);

}  // namespace amqp_sidecar
