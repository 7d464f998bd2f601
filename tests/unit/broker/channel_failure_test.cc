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

TEST_CASE("a queue whose home node is down is not one that is not there") {
  CHECK(TopologyError(ByBroker(404,
                               "NOT_FOUND - home node 'rabbit@b' of durable queue 'q' in vhost '/' "
                               "is down or inaccessible"))
            .reason == Reason::kBrokerUnavailable);
}

TEST_CASE("no answer in time leaves the outcome unknown, no link leaves nothing") {
  const Error late = TopologyError({amqp::Failure::Kind::kTimedOut, 0, ""});
  CHECK(late.reason == Reason::kOutcomeUnknown);
  CHECK(late.deadline_exceeded);
  CHECK(TopologyError({amqp::Failure::Kind::kLinkLost, 0, ""}).reason ==
        Reason::kBrokerUnavailable);
}

std::string ConflictText(const std::string& broker_text) {
  const Error error = TopologyError(ByBroker(406, "PRECONDITION_FAILED - " + broker_text));
  CHECK(error.reason == Reason::kTopologyConflict);
  return error.detail;
}

TEST_CASE("a conflict says which property differs, what the broker has and what was asked for") {
  const std::string before = "it exists with another property: ";
  CHECK(ConflictText("inequivalent arg 'durable' for queue 'cl' in vhost '/': received 'false' but "
                     "current is 'true'") ==
        before + "durable is \"true\" in the broker, and \"false\" was asked for");
  CHECK(ConflictText("inequivalent arg 'type' for exchange 'x' in vhost '/': received 'fanout' but "
                     "current is 'topic'") ==
        before + "type is \"topic\" in the broker, and \"fanout\" was asked for");
  CHECK(ConflictText("inequivalent arg 'x-message-ttl' for queue 'cl' in vhost '/': received the "
                     "value '1000' of type 'signedint' but current is none") ==
        before + "x-message-ttl is none in the broker, and \"1000\" was asked for");
  CHECK(ConflictText("inequivalent arg 'x-message-ttl' for queue 'cl' in vhost '/': received none "
                     "but current is the value '1000' of type 'signedint'") ==
        before + "x-message-ttl is \"1000\" in the broker, and none was asked for");
  CHECK(
      ConflictText("inequivalent arg 'x-max-length' for queue 'cl' in vhost '/': received '5' but "
                   "current is '5'") ==
      before + "x-max-length is \"5\" in the broker, and \"5\" of another type was asked for");
}

TEST_CASE("quotes in names and values do not mislead") {
  CHECK(ConflictText("inequivalent arg 'durable' for queue 'it's' in vhost 'a'b': received 'false' "
                     "but current is 'true'") ==
        "it exists with another property: durable is \"true\" in the broker, and \"false\" was "
        "asked for");
  const auto value = InequivalenceIn(
      "inequivalent arg 'x-dead-letter-routing-key' for queue 'q' in vhost '/': received the value "
      "'it's': received 'x' but current is 'y'' of type 'longstr' but current is none");
  REQUIRE(value);
  REQUIRE(value->has_values);
  REQUIRE(value->asked);
  CHECK(value->asked->text == "it's': received 'x' but current is 'y'");
  CHECK(value->asked->type == "longstr");
  CHECK_FALSE(value->current);
}

TEST_CASE("what cannot be read of a conflict is left in the broker's words") {
  const std::string cut = "inequivalent arg 'durable' for queue '" + std::string(200, 'n') + "...";
  CHECK(ConflictText(cut) ==
        "it exists with another property: durable: PRECONDITION_FAILED - " + cut);
  const std::string half =
      "inequivalent arg 'x-queue-type' for queue 'q' in vhost '/': received 'classic' but curre...";
  CHECK(ConflictText(half) ==
        "it exists with another property: x-queue-type: PRECONDITION_FAILED - " + half);
  const auto unclosed = InequivalenceIn(
      "inequivalent arg 'x-queue-type' for queue 'q' in vhost '/': received 'a' but current is "
      "'quo...");
  REQUIRE(unclosed);
  CHECK_FALSE(unclosed->has_values);
  CHECK_FALSE(InequivalenceIn("PRECONDITION_FAILED - queue 'q' in vhost '/' not empty"));
}

TEST_CASE("what the broker can never take is no conflict") {
  for (const char* text :
       {"invalid arg 'x-max-age' for queue 'q' in vhost '/': invalid_max_age",
        "invalid property 'non-durable' for queue 'q' in vhost '/'", "unknown exchange type 'x'"}) {
    INFO(text);
    CHECK(TopologyError(ByBroker(406, std::string("PRECONDITION_FAILED - ") + text)).reason ==
          Reason::kInvalidTopology);
  }
}

TEST_CASE("what only looks leaves no outcome unknown") {
  const Error late = LookError({amqp::Failure::Kind::kTimedOut, 0, "no answer"});
  CHECK(late.reason == Reason::kBrokerUnavailable);
  CHECK(late.persisted == Persisted::kNo);
  CHECK(late.deadline_exceeded);
  CHECK(LookError(ByBroker(404, "NOT_FOUND - no queue 'q' in vhost '/'")).reason ==
        Reason::kQueueNotFound);
}

}  // namespace
}  // namespace amqp_sidecar::broker
