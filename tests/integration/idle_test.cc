// A sidecar with nothing to do costs next to nothing.
#include "integration/world.h"

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace amqp_sidecar::test {
namespace {

TEST_CASE("An idle sidecar uses less than one percent of a core and 30 MB", "[alone]") {
  World world;
  const std::string queue = world.names.Queue();
  Subscription subscription(world.client, queue);
  REQUIRE(subscription.WaitForEvents(1));
  REQUIRE(world.client.Publish(JsonMessage("", queue)).ok());
  REQUIRE(subscription.WaitForDeliveries(1));
  REQUIRE(world.client.Ack(Ids(subscription.deliveries())).empty());

  const Millis before = world.sidecar.ProcessorTime();
  const auto start = std::chrono::steady_clock::now();
  CHECK(Throughout(5s, [&] { return subscription.events().size() == 1; }));
  const auto span = std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - start);
  const Millis used = world.sidecar.ProcessorTime() - before;
  CAPTURE(used.count(), span.count(), world.sidecar.ResidentBytes());
  CHECK(used * 100 < span);
  CHECK(world.sidecar.ResidentBytes() < 30'000'000);
}

}  // namespace
}  // namespace amqp_sidecar::test

#endif
