// The kinds of consumer that RabbitMQ has, but for streams (stream_queue_test.cc): exclusive, with
// a priority, the single active one, and several that compete.
#include <algorithm>

#include "integration/subscribing.h"

namespace amqp_sidecar::test {
namespace {

using grpc::StatusCode;

pb::SubscribeRequest WithPriority(pb::SubscribeRequest request, int32_t priority) {
  request.set_priority(priority);
  return request;
}

TEST_CASE("An exclusive stream keeps others away for as long as it lasts") {
  World world;
  const std::string queue = world.names.Queue();
  pb::SubscribeRequest request = RequestFor(queue);
  request.set_exclusive(true);
  SubscribeStream first(world.client, request);
  REQUIRE(first.WaitForEvents(1));
  SubscribeStream second(world.client, request);
  CheckRefused(second.WaitForEnd(), StatusCode::FAILED_PRECONDITION, "QUEUE_EXCLUSIVE");
  SubscribeStream plain(world.client, queue);
  CheckRefused(plain.WaitForEnd(), StatusCode::FAILED_PRECONDITION, "QUEUE_EXCLUSIVE");
  PublishNumbers(world.direct, queue, 1);
  REQUIRE(first.Ack({first.Next().id()}));
  CHECK(first.events() == Events{kSubscribed});
  first.HalfClose();
  REQUIRE(first.WaitForEnd());
  SubscribeStream third(world.client, request);
  REQUIRE(third.WaitForEvents(1));
  PublishNumbers(world.direct, queue, 1);
  CHECK(third.WaitForDeliveries(1));
}

TEST_CASE("The higher priority is served first, and the lower one when that has its hands full") {
  World world;
  const std::string queue = world.names.Queue();
  SubscribeStream low(world.client, WithPriority(RequestFor(queue, 20), -5));
  REQUIRE(low.WaitForEvents(1));
  SubscribeStream high(world.client, WithPriority(RequestFor(queue, 10), 5));
  REQUIRE(high.WaitForEvents(1));
  PublishNumbers(world.direct, queue, 10);
  REQUIRE(high.WaitForDeliveries(10));
  CHECK(low.delivery_count() == 0);
  PublishNumbers(world.direct, queue, 5, 10);
  REQUIRE(low.WaitForDeliveries(5));
  CHECK(high.delivery_count() == 10);
}

TEST_CASE("A queue with a single active consumer goes to the second when the first ends") {
  const std::string type = GENERATE("classic", "quorum");
  CAPTURE(type);
  World world;
  const std::string queue =
      world.names.Queue({{"x-queue-type", type}, {"x-single-active-consumer", true}});
  SubscribeStream first(world.client, queue, 3);
  REQUIRE(first.WaitForEvents(1));
  Client other(world.sidecar.target());
  SubscribeStream second(other, queue);
  REQUIRE(second.WaitForEvents(1));
  PublishNumbers(world.direct, queue, 5);
  REQUIRE(first.WaitForDeliveries(3));
  CHECK(Throughout(300ms, [&] { return second.delivery_count() == 0; }));
  REQUIRE(first.Ack({first.Next().id()}));
  REQUIRE(first.WaitForDeliveries(4));
  first.Cancel();
  REQUIRE(second.WaitForDeliveries(4));
  std::vector<std::string> bodies = Bodies(second.deliveries());
  std::ranges::sort(bodies);
  CHECK(bodies == IdList{"1", "2", "3", "4"});
  REQUIRE(second.Ack(Ids(second.deliveries())));
  second.HalfClose();
  CHECK(second.WaitForEnd());
  CHECK(second.failures().empty());
}

TEST_CASE("A subscription that settles nothing holds up none of the others on its queue") {
  World world;
  const std::string queue = world.names.Queue();
  constexpr int kCount = 600;
  constexpr uint32_t kHeld = 7;
  SubscribeStream idle(world.client, queue, kHeld);
  REQUIRE(idle.WaitForEvents(1));
  const auto ack = [&](const pb::Delivery& delivery) {
    world.client.Ack({delivery.delivery_id()});
  };
  Subscription call(world.client, queue, 10, ack);
  REQUIRE(call.WaitForEvents(1));
  SubscribeStream busy(world.client, queue, 10);
  REQUIRE(busy.WaitForEvents(1));
  auto publishing = InBackground([&] { PublishNumbers(world.direct, queue, kCount); });
  size_t acked = 0;
  REQUIRE(Eventually(20s, [&] {
    while (busy.WaitForDeliveries(acked + 1, 1ms)) {
      if (!busy.Ack({busy.Next().id()})) return false;
      ++acked;
    }
    return call.deliveries().size() + acked == kCount - kHeld;
  }));
  publishing.get();
  CHECK(acked > 10);
  CHECK(call.deliveries().size() > 10);
  CHECK(idle.delivery_count() == kHeld);
  // What it held was delayed, and is lost for none of that.
  idle.Cancel();
  CHECK(call.WaitForDeliveries(call.deliveries().size() + 1));
  CHECK(idle.events() == Events{kSubscribed});
  CHECK(busy.events() == Events{kSubscribed});
}

TEST_CASE("An argument that the broker refuses ends that subscription alone") {
  World world;
  const std::string queue = world.names.Queue();
  SubscribeStream bystander(world.client, queue);
  REQUIRE(bystander.WaitForEvents(1));
  SubscribeStream stream(world.client,
                         WithArgument(RequestFor(queue), "x-priority", TextValue("high")));
  const std::optional<Outcome> end = stream.WaitForEnd();
  REQUIRE(end);
  INFO(*end);
  CHECK_FALSE(end->ok());
  CHECK(end->reason == "INVALID_SUBSCRIPTION");
  CHECK(Throughout(300ms, [&] { return bystander.events() == Events{kSubscribed}; }));
}

}  // namespace
}  // namespace amqp_sidecar::test
