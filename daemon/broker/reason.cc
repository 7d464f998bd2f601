#include "broker/reason.h"

namespace amqp_sidecar::broker {

std::string_view ReasonName(Reason reason) {
  switch (reason) {
    case Reason::kInvalidMessage:
      return "INVALID_MESSAGE";
    case Reason::kInvalidBody:
      return "INVALID_BODY";
    case Reason::kMessageTooLarge:
      return "MESSAGE_TOO_LARGE";
    case Reason::kExchangeNotFound:
      return "EXCHANGE_NOT_FOUND";
    case Reason::kUnroutable:
      return "UNROUTABLE";
    case Reason::kAccessRefused:
      return "ACCESS_REFUSED";
    case Reason::kRefusedByBroker:
      return "REFUSED_BY_BROKER";
    case Reason::kLimitExceeded:
      return "LIMIT_EXCEEDED";
    case Reason::kBrokerUnavailable:
      return "BROKER_UNAVAILABLE";
    case Reason::kBrokerBlocked:
      return "BROKER_BLOCKED";
    case Reason::kOutcomeUnknown:
      return "OUTCOME_UNKNOWN";
    case Reason::kDraining:
      return "DRAINING";
    case Reason::kInvalidSubscription:
      return "INVALID_SUBSCRIPTION";
    case Reason::kQueueNotFound:
      return "QUEUE_NOT_FOUND";
    case Reason::kQueueExclusive:
      return "QUEUE_EXCLUSIVE";
    case Reason::kInvalidTopology:
      return "INVALID_TOPOLOGY";
    case Reason::kTopologyConflict:
      return "TOPOLOGY_CONFLICT";
    case Reason::kQueueInUse:
      return "QUEUE_IN_USE";
    case Reason::kQueueNotEmpty:
      return "QUEUE_NOT_EMPTY";
  }
  return "";
}

std::string_view PersistedName(Persisted persisted) {
  switch (persisted) {
    case Persisted::kNo:
      return "NO";
    case Persisted::kUnknown:
      return "UNKNOWN";
    case Persisted::kPartial:
      return "PARTIAL";
  }
  return "";
}

std::string_view SettleReasonName(SettleReason reason) {
  switch (reason) {
    case SettleReason::kUnknownDelivery:
      return "UNKNOWN_DELIVERY";
    case SettleReason::kAlreadySettled:
      return "ALREADY_SETTLED";
    case SettleReason::kDeadlineExpired:
      return "DEADLINE_EXPIRED";
    case SettleReason::kStaleDelivery:
      return "STALE_DELIVERY";
    case SettleReason::kNotMoved:
      return "NOT_MOVED";
    case SettleReason::kNotRequeueable:
      return "NOT_REQUEUEABLE";
    case SettleReason::kDeadlineLimit:
      return "DEADLINE_LIMIT";
  }
  return "";
}

}  // namespace amqp_sidecar::broker
