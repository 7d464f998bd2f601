// Reason: the closed set of things that go wrong, as callers are told them. Plain values, any
// thread. Its gRPC code is the rpc layer's business.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace amqp_sidecar::broker {

// In the order of docs/errors.md.
enum class Reason {
  // Publish
  kInvalidMessage,
  kInvalidBody,
  kMessageTooLarge,
  kExchangeNotFound,
  kUnroutable,
  kAccessRefused,
  kRefusedByBroker,
  kLimitExceeded,
  kBrokerUnavailable,
  kBrokerBlocked,
  kOutcomeUnknown,
  kDraining,
  // Subscribe
  kInvalidSubscription,
  kQueueNotFound,
  kQueueExclusive,
  // Topology
  kInvalidTopology,
  kTopologyConflict,
  kQueueInUse,
  kQueueNotEmpty,
};
inline constexpr Reason kLastReason = Reason::kQueueNotEmpty;

// As on the wire and in the documents: "INVALID_MESSAGE".
std::string_view ReasonName(Reason reason);

// Why one settlement did not take. In the order of docs/errors.md.
enum class SettleReason {
  kUnknownDelivery,
  kAlreadySettled,
  kDeadlineExpired,
  kStaleDelivery,
  kNotMoved,
  kNotRequeueable,
  kDeadlineLimit,
};
inline constexpr SettleReason kLastSettleReason = SettleReason::kDeadlineLimit;
// As on the wire: "UNKNOWN_DELIVERY".
std::string_view SettleReasonName(SettleReason reason);

// What a failed publish left behind in the broker.
enum class Persisted {
  kNo,       // nothing: publishing it again makes no duplicate
  kUnknown,  // the link or the time ran out first
  kPartial,  // some of the queues have it, others refused
};
std::string_view PersistedName(Persisted persisted);

struct Error {
  Reason reason = Reason::kBrokerUnavailable;
  // What went wrong and what to do, for a person. Never a body, never a credential.
  std::string detail;
  Persisted persisted = Persisted::kNo;
  // The time ran out, rather than the link.
  bool deadline_exceeded = false;
};

}  // namespace amqp_sidecar::broker
