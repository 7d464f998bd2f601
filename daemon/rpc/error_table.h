// The error table: every reason with its gRPC code, translated here and nowhere else. Pure, any
// thread.
#pragma once

#include <grpcpp/support/status.h>

#include <optional>
#include <string>
#include <string_view>

#include "broker/reason.h"
#include "broker/types.h"

namespace amqp_sidecar::rpc {

inline constexpr std::string_view kErrorDomain = "amqp-sidecar";

struct ErrorRow {
  broker::Reason reason;
  grpc::StatusCode code;
  // What it means, for a person; the status's text where an error has no detail.
  std::string_view sentence;
};

const ErrorRow& RowOf(broker::Reason reason);

// OUTCOME_UNKNOWN is DEADLINE_EXCEEDED where the time ran out; else the code is the reason's.
grpc::StatusCode CodeOf(const broker::Error& error);

// The detail, or the reason's sentence: valid UTF-8, 1 KiB at most, since a client takes 8 KiB of
// trailers by default.
std::string DetailOf(const broker::Error& error);

// With google.rpc.ErrorInfo {reason, domain} in grpc-status-details-bin.
grpc::Status ToStatus(const broker::Error& error);
// OK where there is none.
grpc::Status ToStatus(const std::optional<broker::Error>& error);
// Of a publish: with the metadata `persisted` too.
grpc::Status ToPublishStatus(const broker::Error& error);

grpc::StatusCode CodeOf(broker::SettleReason reason);

}  // namespace amqp_sidecar::rpc
