#include "broker/channel_failure.h"

#include "support/catch.h"

namespace amqp_sidecar::broker {
namespace {

amqp::Failure ByBroker(uint16_t code, std::string text) {
  return {amqp::Failure::Kind::kClosedByBroker, code, std::move(text)};
}

// The texts are RabbitMQ's own, of 3.10 and 4.0.
TEST_CASE("the exchange is found in the broker's words, quotes in its name and all") {
  CHECK(ExchangeNamedIn("NOT_FOUND - no exchange 'it's' in vhost '/'") == "it's");
  CHECK(ExchangeNamedIn(
            "ACCESS_REFUSED - access to exchange 'a' in vhost '/' refused for user 'b'") == "a");
  CHECK(ExchangeNamedIn("NOT_FOUND - no queue 'q' in vhost '/'") == std::nullopt);
}

TEST_CASE("a failed publish is told by what the broker said") {
  CHECK(PublishError(ByBroker(404, "NOT_FOUND - no exchange 'x' in vhost '/'")).reason ==
        Reason::kExchangeNotFound);
  CHECK(PublishError(ByBroker(403, "ACCESS_REFUSED - access to exchange 'x' in vhost '/' refused"))
            .reason == Reason::kAccessRefused);
  CHECK(PublishError(ByBroker(406,
                              "PRECONDITION_FAILED - message size 200 is larger than configured "
                              "max size 100"))
            .reason == Reason::kMessageTooLarge);
  CHECK(PublishError(ByBroker(406, "PRECONDITION_FAILED - invalid expiration 'x'")).reason ==
        Reason::kInvalidMessage);
}

TEST_CASE("a refused consumer is told by what the broker said") {
  CHECK(SubscribeError(ByBroker(403, "ACCESS_REFUSED - queue 'q' in vhost '/' in exclusive use"))
            .reason == Reason::kQueueExclusive);
  CHECK(SubscribeError(ByBroker(405,
                                "RESOURCE_LOCKED - cannot obtain exclusive access to locked "
                                "queue 'q' in vhost '/'"))
            .reason == Reason::kQueueExclusive);
  CHECK(SubscribeError(ByBroker(403,
                                "ACCESS_REFUSED - access to queue 'q' in vhost '/' refused for "
                                "user 'u'"))
            .reason == Reason::kAccessRefused);
  const auto down = ByBroker(404,
                             "NOT_FOUND - home node 'rabbit@b' of durable queue 'q' in vhost '/' "
                             "is down or inaccessible");
  CHECK(SaysHomeNodeIsDown(down));
  CHECK_FALSE(SaysHomeNodeIsDown(ByBroker(404, "NOT_FOUND - no queue 'q' in vhost '/'")));
}

TEST_CASE("a refused topology call is told by what the broker said") {
  CHECK(TopologyError(ByBroker(406,
                               "PRECONDITION_FAILED - inequivalent arg 'durable' for queue 'q' in "
                               "vhost '/': received 'false' but current is 'true'"))
            .reason == Reason::kTopologyConflict);
  CHECK(
      TopologyError(ByBroker(406, "PRECONDITION_FAILED - queue 'q' in vhost '/' in use")).reason ==
      Reason::kQueueInUse);
  CHECK(TopologyError(ByBroker(406, "PRECONDITION_FAILED - exchange 'x' in vhost '/' in use"))
            .reason == Reason::kQueueInUse);
  CHECK(TopologyError(ByBroker(406, "PRECONDITION_FAILED - queue 'q' in vhost '/' not empty"))
            .reason == Reason::kQueueNotEmpty);
  CHECK(TopologyError(ByBroker(404, "NOT_FOUND - no exchange 'x' in vhost '/'")).reason ==
        Reason::kExchangeNotFound);
  CHECK(TopologyError(ByBroker(404, "NOT_FOUND - no queue 'q' in vhost '/'")).reason ==
        Reason::kQueueNotFound);
}

TEST_CASE("no answer in time leaves the outcome unknown, no link leaves nothing") {
  const Error late = TopologyError({amqp::Failure::Kind::kTimedOut, 0, ""});
  CHECK(late.reason == Reason::kOutcomeUnknown);
  CHECK(late.deadline_exceeded);
  CHECK(TopologyError({amqp::Failure::Kind::kLinkLost, 0, ""}).reason ==
        Reason::kBrokerUnavailable);
}

}  // namespace
}  // namespace amqp_sidecar::broker
