#include "broker/channel_failure.h"

#include "base/strings.h"

namespace amqp_sidecar::broker {
namespace {

bool IsFromBroker(const amqp::Failure& failure) {
  return failure.kind == amqp::Failure::Kind::kClosedByBroker;
}

// Anything that is not the broker's own refusal: the link, or the time.
Error NotAnswered(const amqp::Failure& failure) {
  switch (failure.kind) {
    case amqp::Failure::Kind::kNoChannel:
      return {Reason::kLimitExceeded, failure.text};
    case amqp::Failure::Kind::kTimedOut:
      return {Reason::kOutcomeUnknown, base::Concat("the broker did not answer: ", failure.text),
              Persisted::kUnknown, true};
    case amqp::Failure::Kind::kNotEncodable:
      return {Reason::kInvalidTopology, failure.text};
    case amqp::Failure::Kind::kClosedHere:
      return {Reason::kDraining, failure.text};
    case amqp::Failure::Kind::kClosedByBroker:
    case amqp::Failure::Kind::kLinkLost:
    case amqp::Failure::Kind::kProtocolError:
      break;
  }
  return {Reason::kBrokerUnavailable, base::Concat("no link to the broker: ", failure.text)};
}

// "none", "'5'" or "the value '5' of type 'signedint'". Nothing where it is neither.
bool ReadValue(std::string_view words, std::optional<Inequivalence::Value>& value) {
  static constexpr std::string_view kTheValue = "the value '";
  static constexpr std::string_view kOfType = "' of type '";
  if (words == "none") return true;
  if (!words.ends_with('\'')) return false;
  words.remove_suffix(1);
  if (words.starts_with('\'')) {
    value = Inequivalence::Value{std::string(words.substr(1)), ""};
    return true;
  }
  const size_t type = words.rfind(kOfType);
  if (!words.starts_with(kTheValue) || type == std::string_view::npos) return false;
  value = Inequivalence::Value{std::string(words.substr(kTheValue.size(), type - kTheValue.size())),
                               std::string(words.substr(type + kOfType.size()))};
  return true;
}

std::string InWords(const std::optional<Inequivalence::Value>& value) {
  return value ? base::Concat("\"", value->text, "\"") : "none";
}

Error Conflict(const std::string& reply_text, const Inequivalence& inequivalence) {
  return {
      Reason::kTopologyConflict,
      inequivalence.has_values
          ? base::Concat("it exists with another property: ", Words(inequivalence, "was asked for"))
          : base::Concat("it exists with another property: ", inequivalence.property, ": ",
                         reply_text)};
}

}  // namespace

std::optional<std::string_view> ExchangeNamedIn(std::string_view reply_text) {
  static constexpr std::string_view kBefore = "exchange '";
  const size_t found = reply_text.find(kBefore);
  if (found == std::string_view::npos) return std::nullopt;
  const std::string_view rest = reply_text.substr(found + kBefore.size());
  // A name may hold a quote; the text goes on with " in vhost".
  const size_t end = rest.find("' in vhost");
  return end == std::string_view::npos ? rest.substr(0, rest.find('\'')) : rest.substr(0, end);
}

// inequivalent arg 'P' for queue 'N' in vhost 'V': received ASKED but current is CURRENT
//
// Names and values may hold quotes, and even these words; then the first place where they fit is
// taken for the one that was meant.
std::optional<Inequivalence> InequivalenceIn(std::string_view reply_text) {
  static constexpr std::string_view kBefore = "inequivalent arg '";
  static constexpr std::string_view kReceived = "': received ";
  static constexpr std::string_view kCurrent = " but current is ";
  const size_t begin = reply_text.find(kBefore);
  if (begin == std::string_view::npos) return std::nullopt;
  std::string_view rest = reply_text.substr(begin + kBefore.size());
  const size_t end = rest.find("' for ");
  if (end == std::string_view::npos) return std::nullopt;
  Inequivalence inequivalence;
  inequivalence.property = rest.substr(0, end);
  const size_t received = rest.find(kReceived);
  if (received == std::string_view::npos) return inequivalence;
  rest.remove_prefix(received + kReceived.size());
  for (size_t at = rest.find(kCurrent); at != std::string_view::npos;
       at = rest.find(kCurrent, at + 1)) {
    inequivalence.asked.reset();
    inequivalence.current.reset();
    if (ReadValue(rest.substr(0, at), inequivalence.asked) &&
        ReadValue(rest.substr(at + kCurrent.size()), inequivalence.current)) {
      inequivalence.has_values = true;
      break;
    }
  }
  return inequivalence;
}

std::string Words(const Inequivalence& inequivalence, std::string_view verb) {
  const std::string asked = InWords(inequivalence.asked);
  const std::string current = InWords(inequivalence.current);
  // The number 5 and the text 5 differ, and look the same.
  const bool alike = inequivalence.asked && asked == current;
  return base::Concat(inequivalence.property, " is ", current, " in the broker, and ", asked,
                      alike ? " of another type " : " ", verb);
}

bool SaysHomeNodeIsDown(const amqp::Failure& failure) {
  return IsFromBroker(failure) && failure.code == amqp::kReplyNotFound &&
         base::Contains(failure.text, "home node");
}

Error PublishError(const amqp::Failure& failure) {
  if (!IsFromBroker(failure)) return NotAnswered(failure);
  switch (failure.code) {
    case amqp::kReplyNotFound:
      return {Reason::kExchangeNotFound, failure.text};
    case amqp::kReplyAccessRefused:
      return {Reason::kAccessRefused, failure.text};
    case amqp::kReplyPreconditionFailed:
      if (base::Contains(failure.text, "message size")) {
        return {Reason::kMessageTooLarge, failure.text};
      }
      return {Reason::kInvalidMessage, failure.text};
    default:
      return {Reason::kOutcomeUnknown, failure.text, Persisted::kUnknown};
  }
}

Error SubscribeError(const amqp::Failure& failure) {
  if (failure.kind == amqp::Failure::Kind::kNotEncodable) {
    return {Reason::kInvalidSubscription, failure.text};
  }
  if (!IsFromBroker(failure)) return NotAnswered(failure);
  switch (failure.code) {
    case amqp::kReplyNotFound:
      return {Reason::kQueueNotFound, failure.text};
    case amqp::kReplyResourceLocked:
      return {Reason::kQueueExclusive, failure.text};
    case amqp::kReplyAccessRefused:
      if (base::Contains(failure.text, "exclusive")) {
        return {Reason::kQueueExclusive, failure.text};
      }
      return {Reason::kAccessRefused, failure.text};
    default:
      return {Reason::kInvalidSubscription, failure.text};
  }
}

Error TopologyError(const amqp::Failure& failure) {
  if (!IsFromBroker(failure)) return NotAnswered(failure);
  if (SaysHomeNodeIsDown(failure)) return {Reason::kBrokerUnavailable, failure.text};
  switch (failure.code) {
    case amqp::kReplyNotFound:
      // A binding needs both: the text begins with the one that is missing.
      return {base::Contains(failure.text, "no exchange") ? Reason::kExchangeNotFound
                                                          : Reason::kQueueNotFound,
              failure.text};
    case amqp::kReplyAccessRefused:
      return {Reason::kAccessRefused, failure.text};
    case amqp::kReplyResourceLocked:
      return {Reason::kQueueExclusive, failure.text};
    case amqp::kReplyPreconditionFailed:
      if (base::Contains(failure.text, "' in use")) {
        return {Reason::kQueueInUse, failure.text};
      }
      if (base::Contains(failure.text, "' not empty")) {
        return {Reason::kQueueNotEmpty, failure.text};
      }
      if (const auto inequivalence = InequivalenceIn(failure.text)) {
        return Conflict(failure.text, *inequivalence);
      }
      return {Reason::kInvalidTopology, failure.text};
    default:
      return {Reason::kInvalidTopology, failure.text};
  }
}

Error LookError(const amqp::Failure& failure) {
  Error error = TopologyError(failure);
  if (error.reason == Reason::kOutcomeUnknown) {
    error.reason = Reason::kBrokerUnavailable;
    error.persisted = Persisted::kNo;
  }
  return error;
}

}  // namespace amqp_sidecar::broker
