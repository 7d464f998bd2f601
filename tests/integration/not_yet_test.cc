// What the contract has and this version does not: refused in words, never accepted and ignored.
#include "integration/world.h"

namespace amqp_sidecar::test {
namespace {

TEST_CASE("A nack with a delay is either delayed or refused, never requeued at once") {
  World world;
  const std::string queue = world.names.Queue();
  world.direct.Publish("", queue, "1");
  Subscription subscription(world.client, queue);
  REQUIRE(subscription.WaitForDeliveries(1));
  pb::NackRequest request;
  request.add_delivery_ids(subscription.deliveries()[0].delivery_id());
  request.mutable_delay()->set_seconds(60);
  grpc::ClientContext context;
  SetDeadline(context, 10s);
  pb::NackResponse response;
  const Outcome outcome = OutcomeOf(world.client.subscriber().Nack(&context, request, &response));
  INFO(outcome);
  CHECK(Throughout(500ms, [&] { return subscription.deliveries().size() == 1; }));
  if (outcome.ok()) return;
  CHECK_THAT(outcome.text, ContainsSubstring("delay"));
  // Refused as a whole: the delivery is still the subscriber's.
  CHECK(world.client.Ack(Ids(subscription.deliveries())).empty());
}

TEST_CASE("A subscription that asks for what this version lacks is refused") {
  World world;
  const std::string queue = world.names.Queue();
  const auto refused = [&](const char* what, const pb::SubscribeRequest& request) {
    INFO(what);
    Subscription subscription(world.client, request);
    const std::optional<Outcome> end = subscription.WaitForEnd(3s);
    REQUIRE(end);
    INFO(*end);
    CHECK_FALSE(end->ok());
    CHECK_THAT(end->text, ContainsSubstring(what));
    CHECK(subscription.events().empty());
  };
  pb::SubscribeRequest request;
  request.set_queue(queue);
  request.mutable_retry()->set_max_attempts(3);
  refused("retry", request);
  request.Clear();
  request.set_queue(queue);
  request.mutable_ack_deadline()->set_seconds(30);
  refused("ack_deadline", request);
  request.Clear();
  request.add_bindings()->set_exchange("amq.topic");
  refused("bindings", request);
}

}  // namespace
}  // namespace amqp_sidecar::test
