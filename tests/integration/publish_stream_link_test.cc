// PublishStream while the link is lost or the broker away: the stream goes on, each item is told.
#include "integration/stream_items.h"

namespace amqp_sidecar::test {
namespace {

using grpc::StatusCode;

bool ReadyIs(const SidecarProcess& sidecar, bool ready) {
  return Eventually(
      5s, [&] { return (HttpGet(sidecar.admin_port(), "/readyz").status == 200) == ready; });
}

// OK is delivered, NO is not.
void CheckHonest(const PublishStream& stream, size_t count,
                 const std::multiset<std::string>& delivered) {
  for (size_t i = 0; i < count; ++i) {
    const Outcome outcome = stream.At(i);
    const size_t times = delivered.count(IdOf(i));
    INFO("item " << i << ", there " << times << " times: " << outcome);
    if (outcome.ok()) {
      REQUIRE(times >= 1);
    } else if (outcome.persisted == "NO") {
      REQUIRE(times == 0);
    } else {
      REQUIRE(outcome.reason == "OUTCOME_UNKNOWN");
      REQUIRE(outcome.persisted == "UNKNOWN");
    }
  }
}

TEST_CASE("A link lost in mid-stream loses no OK, makes no NO a lie, and the stream goes on") {
  ProxiedWorld world;
  const std::string queue = world.names.Queue();
  constexpr size_t kCount = 6000;
  PublishStream stream(world.client);
  auto sending = InBackground(
      [&] { return stream.SendInBatches(NumberedItems(0, kCount, "", queue), {100, 3, 20}); });
  for (const size_t after : {500, 2000, 3500}) {
    REQUIRE(stream.WaitForResults(after));
    world.proxy.Cut();
  }
  REQUIRE(sending.get());
  REQUIRE(stream.WaitForResults(kCount));
  CHECK_FALSE(stream.WaitForEnd(0ms));
  CHECK(world.proxy.accepted() >= 2);
  REQUIRE(ReadyIs(world.sidecar, true));
  REQUIRE(stream.Send(NumberedItems(kCount, 10, "", queue)));
  CHECK(stream.Finish().ok());
  REQUIRE(EachOnce(stream, kCount + 10));
  for (size_t i = kCount; i < kCount + 10; ++i) CheckOk(stream.At(i));
  CHECK(world.sidecar.Stop() == 0);
  CheckHonest(stream, kCount + 10, IdsOf(world.direct.Drain(queue)));
}

TEST_CASE("Items written when the link is lost for good say UNKNOWN, and each exactly once") {
  ProxiedWorld world;
  const std::string queue = world.names.Queue();
  REQUIRE(world.client.Publish(JsonMessage("", queue)).ok());
  world.proxy.MuteBroker();
  PublishStream stream(world.client);
  REQUIRE(stream.Send(NumberedItems(0, 50, "", queue)));
  REQUIRE(Eventually(3s, [&] { return world.direct.Ready(queue) == 51; }));
  world.proxy.TakeAway();
  REQUIRE(stream.WaitForResults(50, 8s));
  for (size_t i = 0; i < 50; ++i) {
    const Outcome outcome = stream.At(i);
    INFO(outcome);
    CHECK(
        (outcome.code == StatusCode::UNAVAILABLE || outcome.code == StatusCode::DEADLINE_EXCEEDED));
    CHECK(outcome.reason == "OUTCOME_UNKNOWN");
    CHECK(outcome.persisted == "UNKNOWN");
    CHECK(outcome.message_id == IdOf(i));
  }
  world.proxy.Restore();
  REQUIRE(ReadyIs(world.sidecar, true));
  REQUIRE(stream.Send(NumberedItems(50, 10, "", queue)));
  CHECK(stream.Finish().ok());
  CHECK(EachOnce(stream, 60));
  CHECK(CountOk(stream) == 10);
}

TEST_CASE("With the broker away streamed items say so after five seconds, and the stream goes on") {
  ProxiedWorld world;
  const std::string queue = world.names.Queue();
  PublishStream stream(world.client);
  REQUIRE(stream.Send(NumberedItems(0, 10, "", queue)));
  REQUIRE(stream.WaitForResults(10));
  world.proxy.TakeAway();
  REQUIRE(ReadyIs(world.sidecar, false));
  REQUIRE(stream.SendInBatches(NumberedItems(10, 100, "", queue), {10}));
  REQUIRE(stream.WaitForResults(110, 10s));
  for (size_t i = 10; i < 110; ++i) {
    const Outcome outcome = stream.At(i);
    CheckResult(outcome, StatusCode::UNAVAILABLE, "BROKER_UNAVAILABLE", "NO");
    CHECK(outcome.took > 4s);
    CHECK(outcome.took < 6s);
  }
  CHECK_FALSE(stream.WaitForEnd(0ms));
  world.proxy.Restore();
  REQUIRE(ReadyIs(world.sidecar, true));
  REQUIRE(stream.Send(NumberedItems(110, 10, "", queue)));
  CHECK(stream.Finish().ok());
  CHECK(EachOnce(stream, 120));
  CHECK(CountOk(stream) == 20);
  CHECK(Eventually(5s, [&] { return world.direct.Ready(queue) == 20; }));
}

TEST_CASE("Streamed items that wait for the broker are sent in order once it is there") {
  ProxiedWorld world;
  const std::string queue = world.names.Queue();
  world.proxy.TakeAway();
  REQUIRE(ReadyIs(world.sidecar, false));
  PublishStream stream(world.client);
  REQUIRE(stream.SendInBatches(NumberedItems(0, 300, "", queue), {7, 50}));
  CHECK(Throughout(300ms, [&] { return stream.count() == 0; }));
  world.proxy.Restore();
  REQUIRE(stream.Finish().ok());
  REQUIRE(CountOk(stream) == 300);
  REQUIRE(Eventually(5s, [&] { return world.direct.Ready(queue) == 300; }));
  const std::vector<Direct::Message> messages = world.direct.Drain(queue);
  for (size_t i = 0; i < messages.size(); ++i) REQUIRE(messages[i].message_id == IdOf(i));
}

TEST_CASE("Streamed items that are not confirmed in time are unknown, and the stream goes on") {
  // By default a silent channel is given up at the very time when the items' time is up.
  SidecarOptions options;
  options.amqp = "  operation_timeout: 20s\n";
  ProxiedWorld world(options);
  const std::string queue = world.names.Queue();
  REQUIRE(world.client.Publish(JsonMessage("", queue)).ok());
  world.proxy.MuteBroker();
  PublishStream stream(world.client);
  REQUIRE(stream.Send(NumberedItems(0, 10, "", queue)));
  REQUIRE(stream.WaitForResults(10, 8s));
  for (size_t i = 0; i < 10; ++i) {
    const Outcome outcome = stream.At(i);
    CheckResult(outcome, StatusCode::DEADLINE_EXCEEDED, "OUTCOME_UNKNOWN", "UNKNOWN");
    CHECK(outcome.took > 4s);
    CHECK(outcome.took < 6s);
  }
  world.proxy.Restore();
  REQUIRE(ReadyIs(world.sidecar, true));
  REQUIRE(stream.Send(NumberedItems(10, 10, "", queue)));
  CHECK(stream.Finish().ok());
  CHECK(EachOnce(stream, 20));
  CHECK(CountOk(stream) == 10);
}

}  // namespace
}  // namespace amqp_sidecar::test
