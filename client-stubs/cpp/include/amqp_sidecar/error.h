// Error: the one exception of this library, and the names of what can go wrong. docs/errors.md of
// the sidecar says what each reason means and what to do about it.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace amqp_sidecar {

// The codes of gRPC.
enum class Code {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

// Such as "UNAVAILABLE".
std::string_view NameOf(Code code);

// What a failed publish left behind.
enum class Persisted {
  kUnspecified,  // not a publish, or an error that is not the sidecar's
  kNo,           // the broker does not have it: publishing it again makes no duplicate
  kUnknown,      // it may have it: publish again with the same message_id
  kPartial,      // some of the queues that the exchange routes to have it, others refused
};

// Such as "PARTIAL"; empty for kUnspecified.
std::string_view NameOf(Persisted persisted);

// The reasons of an Error, and of an Event about a settlement. A newer sidecar may have others.
namespace reason {
// The sidecar is not there, went away in mid-call, or did not answer in time. This library's own.
inline constexpr std::string_view kSidecarUnavailable = "SIDECAR_UNAVAILABLE";
// Of a publish.
inline constexpr std::string_view kInvalidMessage = "INVALID_MESSAGE";
inline constexpr std::string_view kInvalidBody = "INVALID_BODY";
inline constexpr std::string_view kMessageTooLarge = "MESSAGE_TOO_LARGE";
inline constexpr std::string_view kExchangeNotFound = "EXCHANGE_NOT_FOUND";
inline constexpr std::string_view kUnroutable = "UNROUTABLE";
inline constexpr std::string_view kAccessRefused = "ACCESS_REFUSED";
inline constexpr std::string_view kRefusedByBroker = "REFUSED_BY_BROKER";
inline constexpr std::string_view kLimitExceeded = "LIMIT_EXCEEDED";
inline constexpr std::string_view kBrokerUnavailable = "BROKER_UNAVAILABLE";
inline constexpr std::string_view kBrokerBlocked = "BROKER_BLOCKED";
inline constexpr std::string_view kOutcomeUnknown = "OUTCOME_UNKNOWN";
inline constexpr std::string_view kDraining = "DRAINING";
// Of a subscription and of the topology; some of the above are theirs, too.
inline constexpr std::string_view kInvalidSubscription = "INVALID_SUBSCRIPTION";
inline constexpr std::string_view kQueueNotFound = "QUEUE_NOT_FOUND";
inline constexpr std::string_view kQueueExclusive = "QUEUE_EXCLUSIVE";
inline constexpr std::string_view kInvalidTopology = "INVALID_TOPOLOGY";
inline constexpr std::string_view kTopologyConflict = "TOPOLOGY_CONFLICT";
inline constexpr std::string_view kQueueInUse = "QUEUE_IN_USE";
inline constexpr std::string_view kQueueNotEmpty = "QUEUE_NOT_EMPTY";
// Of a settlement.
inline constexpr std::string_view kUnknownDelivery = "UNKNOWN_DELIVERY";
inline constexpr std::string_view kAlreadySettled = "ALREADY_SETTLED";
inline constexpr std::string_view kDeadlineExpired = "DEADLINE_EXPIRED";
inline constexpr std::string_view kStaleDelivery = "STALE_DELIVERY";
inline constexpr std::string_view kNotMoved = "NOT_MOVED";
inline constexpr std::string_view kNotRequeueable = "NOT_REQUEUEABLE";
inline constexpr std::string_view kDeadlineLimit = "DEADLINE_LIMIT";
}  // namespace reason

// What an Error tells.
struct ErrorFields {
  Code code = Code::kUnknown;
  // One of the constants above, or empty: an error that is not the sidecar's.
  std::string reason = {};
  // For a person.
  std::string detail = {};
  // Of a publish; else kUnspecified.
  Persisted persisted = Persisted::kUnspecified;
  // Of a publish; else empty.
  std::string message_id = {};
  // The same call, made again later, can succeed; a publish then makes no duplicate.
  bool retryable = false;
};

// A call failed. what() is "REASON (CODE): detail".
class Error : public std::runtime_error {
 public:
  explicit Error(ErrorFields fields);

  Code code() const { return fields_.code; }
  const std::string& reason() const { return fields_.reason; }
  const std::string& detail() const { return fields_.detail; }
  Persisted persisted() const { return fields_.persisted; }
  const std::string& message_id() const { return fields_.message_id; }
  bool retryable() const { return fields_.retryable; }
  const ErrorFields& fields() const { return fields_; }

 private:
  ErrorFields fields_;
};

}  // namespace amqp_sidecar
