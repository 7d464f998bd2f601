// How many subscriptions there may be, and what the one too many is told.
#include <deque>

#include "integration/subscribing.h"

namespace amqp_sidecar::test {
namespace {

using grpc::StatusCode;

TEST_CASE("Five hundred subscriptions of one client each get their message") {
  World world;
  const std::string queue = world.names.Queue();
  constexpr size_t kCount = 500;
  std::deque<SubscribeStream> streams;
  for (size_t i = 0; i < kCount; ++i) streams.emplace_back(world.client, queue, 1);
  for (const SubscribeStream& stream : streams) REQUIRE(stream.WaitForEvents(1));
  // Each may hold one, so that none gets two of the first.
  PublishNumbers(world.direct, queue, kCount);
  IdList ids;
  for (SubscribeStream& stream : streams) ids.push_back(stream.Next().id());
  CHECK(world.client.Ack(ids).empty());
  // And a second, each settled over its own stream.
  PublishNumbers(world.direct, queue, kCount);
  for (SubscribeStream& stream : streams) {
    REQUIRE(stream.Ack({stream.Next().id()}));
    stream.HalfClose();
  }
  size_t ended_well = 0;
  for (SubscribeStream& stream : streams) {
    const std::optional<Outcome> end = stream.WaitForEnd();
    if (end && end->ok() && stream.events() == Events{kSubscribed}) ++ended_well;
  }
  CHECK(ended_well == kCount);
  CHECK(world.client.Publish(JsonMessage("", queue)).ok());
  CHECK(Eventually(5s, [&] { return world.direct.Consumers(queue) == 0; }));
  CHECK(world.direct.Ready(queue) == 1);
}

TEST_CASE("The subscription that is one too many is told so, and the others and publishes go on") {
  SidecarOptions options;
  options.amqp = "  max_channels: 20\n";
  World world(options);
  const std::string queue = world.names.Queue();
  std::deque<SubscribeStream> streams;
  std::optional<Outcome> refused;
  while (!refused && streams.size() <= 20) {
    SubscribeStream& stream = streams.emplace_back(world.client, queue, 1);
    if (!stream.WaitForEvents(1)) refused = stream.WaitForEnd(0ms);
  }
  CheckRefused(refused, StatusCode::RESOURCE_EXHAUSTED, "LIMIT_EXCEEDED");
  streams.pop_back();
  Subscription call(world.client, queue);
  CheckRefused(call.WaitForEnd(), StatusCode::RESOURCE_EXHAUSTED, "LIMIT_EXCEEDED");
  // Publishing, topology and waiting take a few of the twenty.
  CHECK(streams.size() >= 10);
  for (size_t i = 0; i < streams.size(); ++i) {
    REQUIRE(world.client.Publish(JsonMessage("", queue)).ok());
  }
  for (SubscribeStream& stream : streams) {
    CHECK(world.client.Ack({stream.Next().id()}).empty());
    CHECK(stream.events() == Events{kSubscribed});
  }
  // A message can wait and be moved still.
  REQUIRE(world.client.Publish(JsonMessage("", queue)).ok());
  const auto held = [&] {
    for (SubscribeStream& stream : streams) {
      if (stream.delivery_count() > 1) return stream.Next().id();
    }
    return std::string();
  };
  std::string id;
  REQUIRE(Eventually(5s, [&] { return !(id = held()).empty(); }));
  CHECK(NackAfter(world.client, {id}, 20ms).took_all());
  // With one gone there is room for another.
  streams.pop_front();
  CHECK(Eventually(5s, [&] {
    SubscribeStream next(world.client, queue);
    return next.WaitForEvents(1);
  }));
}

}  // namespace
}  // namespace amqp_sidecar::test
