#include "rpc/error_table.h"

#include <iterator>
#include <string>
#include <utility>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "rpc/utf8.h"

namespace amqp_sidecar::rpc {
namespace {

using broker::Reason;
using grpc::StatusCode;

constexpr size_t kMaxDetailBytes = 1024;

// In the order of the enum, one row a line: docs/errors.md is made of this.
// clang-format off
constexpr ErrorRow kErrorTable[] = {
    {Reason::kInvalidMessage, StatusCode::INVALID_ARGUMENT, "The message breaks a rule of AMQP or of the sidecar."},
    {Reason::kInvalidBody, StatusCode::INVALID_ARGUMENT, "The body is not what its content type or a rule says."},
    {Reason::kMessageTooLarge, StatusCode::INVALID_ARGUMENT, "The body is over limits.max_message_bytes."},
    {Reason::kExchangeNotFound, StatusCode::NOT_FOUND, "The exchange does not exist."},
    {Reason::kUnroutable, StatusCode::FAILED_PRECONDITION, "No binding of the exchange matches the message."},
    {Reason::kAccessRefused, StatusCode::PERMISSION_DENIED, "The broker or the sidecar's policy does not allow it."},
    {Reason::kRefusedByBroker, StatusCode::RESOURCE_EXHAUSTED, "The broker refused the message, as a full queue does."},
    {Reason::kLimitExceeded, StatusCode::RESOURCE_EXHAUSTED, "A limit of the sidecar is reached."},
    {Reason::kBrokerUnavailable, StatusCode::UNAVAILABLE, "The broker could not be reached in time; nothing was sent."},
    {Reason::kBrokerBlocked, StatusCode::UNAVAILABLE, "The broker takes no publishes now; nothing was sent."},
    {Reason::kOutcomeUnknown, StatusCode::UNAVAILABLE, "The message was sent, and the broker's answer did not come."},
    {Reason::kDraining, StatusCode::UNAVAILABLE, "The sidecar is shutting down."},
    {Reason::kInvalidSubscription, StatusCode::INVALID_ARGUMENT, "The subscription or settlement asks for what cannot be."},
    {Reason::kQueueNotFound, StatusCode::NOT_FOUND, "The queue does not exist, or was deleted."},
    {Reason::kQueueExclusive, StatusCode::FAILED_PRECONDITION, "Another consumer or connection has the queue for itself."},
    {Reason::kInvalidTopology, StatusCode::INVALID_ARGUMENT, "The exchange, queue or binding is not a valid one."},
    {Reason::kTopologyConflict, StatusCode::FAILED_PRECONDITION, "It exists with other properties."},
    {Reason::kQueueInUse, StatusCode::FAILED_PRECONDITION, "The queue or exchange is in use."},
    {Reason::kQueueNotEmpty, StatusCode::FAILED_PRECONDITION, "The queue is not empty."},
};
// clang-format on
static_assert(std::size(kErrorTable) == static_cast<size_t>(broker::kLastReason) + 1);

grpc::Status MakeStatus(const broker::Error& error, bool with_persisted) {
  const StatusCode code = CodeOf(error);
  std::string detail = DetailOf(error);

  google::rpc::ErrorInfo info;
  info.set_reason(std::string(broker::ReasonName(error.reason)));
  info.set_domain(std::string(kErrorDomain));
  if (with_persisted) {
    (*info.mutable_metadata())["persisted"] = std::string(broker::PersistedName(error.persisted));
  }
  google::rpc::Status status;
  status.set_code(code);
  status.set_message(detail);
  status.add_details()->PackFrom(info);
  return grpc::Status(code, std::move(detail), status.SerializeAsString());
}

}  // namespace

const ErrorRow& RowOf(Reason reason) { return kErrorTable[static_cast<size_t>(reason)]; }

StatusCode CodeOf(const broker::Error& error) {
  if (error.reason == Reason::kOutcomeUnknown && error.deadline_exceeded) {
    return StatusCode::DEADLINE_EXCEEDED;
  }
  return RowOf(error.reason).code;
}

std::string DetailOf(const broker::Error& error) {
  if (error.detail.empty()) return std::string(RowOf(error.reason).sentence);
  return std::string(Utf8Prefix(ToUtf8(error.detail), kMaxDetailBytes));
}

grpc::Status ToStatus(const broker::Error& error) { return MakeStatus(error, false); }

grpc::Status ToStatus(const std::optional<broker::Error>& error) {
  return error ? ToStatus(*error) : grpc::Status::OK;
}

grpc::Status ToPublishStatus(const broker::Error& error) { return MakeStatus(error, true); }

StatusCode CodeOf(broker::SettleReason reason) {
  switch (reason) {
    case broker::SettleReason::kUnknownDelivery:
      return StatusCode::NOT_FOUND;
    case broker::SettleReason::kAlreadySettled:
    case broker::SettleReason::kDeadlineExpired:
    case broker::SettleReason::kStaleDelivery:
    case broker::SettleReason::kNotRequeueable:
    case broker::SettleReason::kDeadlineLimit:
      return StatusCode::FAILED_PRECONDITION;
    case broker::SettleReason::kNotMoved:
      return StatusCode::UNAVAILABLE;
  }
  return StatusCode::INTERNAL;
}

}  // namespace amqp_sidecar::rpc
