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
      return {Reason::kLimitExceeded,
              "every channel of the connection is in use: raise amqp.max_channels"};
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
      return {Reason::kTopologyConflict, failure.text};
    default:
      return {Reason::kInvalidTopology, failure.text};
  }
}

}  // namespace amqp_sidecar::broker
