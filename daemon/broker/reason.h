// Reason: the closed set of things that go wrong, as callers are told them. Plain values, any
// thread. Its gRPC code is the rpc layer's business.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace amqp_sidecar::broker {

// Above each: what a failed publish may have left behind, and what to do. docs/errors.md is made of
// this and of rpc/error_table.cc.
enum class Reason {
  // Publish

  // NO: mend the caller; the text names the field
  kInvalidMessage,
  // NO: mend the caller; the text says where, or set the content type that it has
  kInvalidBody,
  // NO: send less, or raise the limit
  kMessageTooLarge,
  // NO: declare it: in `topology`, or by DeclareTopology
  kExchangeNotFound,
  // NO: add the binding, or set `allow_unroutable`
  kUnroutable,
  // NO: give the user the permission
  kAccessRefused,
  // NO or PARTIAL: wait for the consumers; after PARTIAL expect duplicates
  kRefusedByBroker,
  // NO: slow down; see `limits`
  kLimitExceeded,
  // NO: try again; the text says why there is no link
  kBrokerUnavailable,
  // NO: try again when its alarm is over
  kBrokerBlocked,
  // UNKNOWN: publish again with the same `message_id`
  kOutcomeUnknown,
  // NO: try again, when it is back
  kDraining,
  // Subscribe

  // mend the caller; the text names the field
  kInvalidSubscription,
  // declare it
  kQueueNotFound,
  // wait for the other
  kQueueExclusive,
  // Topology

  // mend it; the text names the field
  kInvalidTopology,
  // use the same ones, or delete it first
  kTopologyConflict,
  // end its consumers first
  kQueueInUse,
  // purge it first
  kQueueNotEmpty,
};
inline constexpr Reason kLastReason = Reason::kQueueNotEmpty;

// As on the wire and in the documents: "INVALID_MESSAGE".
std::string_view ReasonName(Reason reason);

// Why one settlement did not take. docs/errors.md is made of this and of rpc/error_table.cc.
enum class SettleReason {
  // This sidecar never gave the id.
  kUnknownDelivery,
  // It is settled otherwise. Settling again the same way is no failure.
  kAlreadySettled,
  // It was not settled in time, and went back to the queue.
  kDeadlineExpired,
  // Its channel is gone: the broker has requeued it, and delivers it again.
  kStaleDelivery,
  // It was to wait or to be dead-lettered, and the broker did not take it there in time: it was
  // requeued at once.
  kNotMoved,
  // It is of a stream, which takes nothing back: it is yours still, ack it.
  kNotRequeueable,
  // It may not be held that long: its deadline stays as it was.
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
