// PublishStream with a healthy broker: each item gets its own result, in its own time.
#include <map>

#include "integration/stream_items.h"

namespace amqp_sidecar::test {
namespace {

using grpc::StatusCode;

constexpr size_t kLimit = 20'000;  // of a body, where a test sends one that is too large

// The odd ones among the 5,000, by number.
constexpr size_t kNoMessage = 1001;
constexpr size_t kNoAddress = 2003;
constexpr size_t kTooLarge = 3001;
constexpr size_t kMissingExchange = 4003;

bool IsInvalidJson(size_t n) { return n % 97 == 1; }
bool IsUnroutable(size_t n) { return n % 3 == 0; }
bool AllowsUnroutable(size_t n) { return n % 5 == 0; }
bool HasOwnId(size_t n) { return n % 7 != 0; }

pb::PublishItem MixedItem(size_t n, const std::string& exchange) {
  pb::PublishItem item = NumberedItem(n, exchange, IsUnroutable(n) ? "lost" : "routed.x");
  pb::Message& message = *item.mutable_message();
  item.set_allow_unroutable(AllowsUnroutable(n));
  if (!HasOwnId(n)) message.mutable_properties()->clear_message_id();
  if (n == kNoMessage) {
    item.clear_message();
  } else if (n == kNoAddress) {
    message.clear_exchange();
    message.clear_routing_key();
  } else if (n == kTooLarge) {
    message.set_body("\"" + std::string(kLimit, 'a') + "\"");
  } else if (n == kMissingExchange) {
    message.set_exchange("no-such-exchange");
  } else if (IsInvalidJson(n)) {
    message.set_body("{\"n\":");
  }
  return item;
}

// Whether it was OK and in the queue.
bool CheckMixed(size_t n, const Outcome& outcome) {
  INFO("item " << n << ": " << outcome);
  const auto failed = [&](StatusCode code, const std::string& reason) {
    CheckResult(outcome, code, reason, "NO");
    return false;
  };
  if (n == kNoMessage) return failed(StatusCode::INVALID_ARGUMENT, "INVALID_MESSAGE");
  if (n == kNoAddress) return failed(StatusCode::INVALID_ARGUMENT, "INVALID_MESSAGE");
  if (n == kTooLarge) return failed(StatusCode::INVALID_ARGUMENT, "MESSAGE_TOO_LARGE");
  if (n == kMissingExchange) return failed(StatusCode::NOT_FOUND, "EXCHANGE_NOT_FOUND");
  if (IsInvalidJson(n)) return failed(StatusCode::INVALID_ARGUMENT, "INVALID_BODY");
  if (IsUnroutable(n) && !AllowsUnroutable(n)) {
    return failed(StatusCode::FAILED_PRECONDITION, "UNROUTABLE");
  }
  CheckOk(outcome);
  CHECK(outcome.routed == !IsUnroutable(n));
  if (HasOwnId(n)) {
    CHECK(outcome.message_id == IdOf(n));
  } else {
    CHECK(outcome.message_id.size() == 36);
  }
  return outcome.routed;
}

TEST_CASE("Of 5,000 streamed messages, good and bad, each gets its own result once") {
  World world(BoundsOf("max_message_bytes: " + std::to_string(kLimit)));
  const std::string queue = world.names.Queue();
  const std::string exchange = world.names.ExchangeTo(queue, "routed.#");
  constexpr size_t kCount = 5000;
  Items items;
  for (size_t i = 0; i < kCount; ++i) items.push_back(MixedItem(i, exchange));
  PublishStream stream(world.client);
  REQUIRE(stream.SendInBatches(items, {1, 7, 64, 2, 500, 1, 33, 1000, 250}));
  REQUIRE(stream.WaitForResults(kCount));
  CHECK(stream.Finish().ok());
  REQUIRE(EachOnce(stream, kCount));
  std::multiset<std::string> expected;
  for (size_t i = 0; i < kCount; ++i) {
    const Outcome outcome = stream.At(i);
    if (CheckMixed(i, outcome)) expected.insert(outcome.message_id);
  }
  REQUIRE(Eventually(5s, [&] { return world.direct.Ready(queue) == expected.size(); }));
  CHECK(IdsOf(world.direct.Drain(queue)) == expected);
}

TEST_CASE("Results come while the stream is open, and empty requests do no harm") {
  World world;
  const std::string queue = world.names.Queue();
  PublishStream stream(world.client);
  REQUIRE(stream.Send({}));
  for (size_t round = 0; round < 5; ++round) {
    REQUIRE(stream.Send(NumberedItems(round * 10, 10, "", queue)));
    REQUIRE(stream.WaitForResults((round + 1) * 10));
    REQUIRE(stream.Send({}));
  }
  CHECK(Throughout(200ms, [&] { return stream.count() == 50; }));
  CHECK_FALSE(stream.WaitForEnd(0ms));
  CHECK(EachOnce(stream, 50));
  CHECK(CountOk(stream) == 50);
  CHECK(world.direct.Ready(queue) == 50);
  CHECK(stream.Finish().ok());
  CHECK(stream.count() == 50);
}

TEST_CASE("A bad item is told at once, whatever its neighbours wait for") {
  ProxiedWorld world;
  const std::string queue = world.names.Queue();
  REQUIRE(world.client.Publish(JsonMessage("", queue)).ok());
  world.proxy.MuteBroker();
  PublishStream stream(world.client);
  Items items = NumberedItems(0, 3, "", queue);
  items[1].mutable_message()->set_body("{");
  REQUIRE(stream.Send(items));
  REQUIRE(stream.WaitForResults(1, 3s));
  CHECK(stream.count() == 1);
  CheckResult(stream.At(1), StatusCode::INVALID_ARGUMENT, "INVALID_BODY", "NO");
  world.proxy.Restore();
  REQUIRE(stream.WaitForResults(3));
  CheckOk(stream.At(0));
  CheckOk(stream.At(2));
}

TEST_CASE("A tag that was sent twice gets two results") {
  World world;
  const std::string queue = world.names.Queue();
  PublishStream stream(world.client);
  REQUIRE(stream.Send({Item(7, JsonMessage("", queue)), Item(7, JsonMessage("", queue)),
                       Item(8, JsonMessage("", queue))}));
  REQUIRE(stream.Send({Item(8, JsonMessage("", queue, "{"))}));
  REQUIRE(stream.Finish().ok());
  CHECK(stream.counts_by_tag() == std::map<uint64_t, int>{{7, 2}, {8, 2}});
  CHECK(CountOk(stream) == 3);
  CHECK(Eventually(5s, [&] { return world.direct.Ready(queue) == 3; }));
}

TEST_CASE("Tags are echoed, whatever their value") {
  World world;
  const std::string queue = world.names.Queue();
  const uint64_t most = ~uint64_t{0};
  PublishStream stream(world.client);
  REQUIRE(stream.Send({Item(most, JsonMessage("", queue)), Item(0, JsonMessage("", queue)),
                       Item(most - 1, JsonMessage("", ""))}));
  REQUIRE(stream.Finish().ok());
  CHECK(stream.counts_by_tag() == std::map<uint64_t, int>{{0, 1}, {most - 1, 1}, {most, 1}});
  CheckOk(stream.At(most));
  CheckOk(stream.At(0));
  CheckResult(stream.At(most - 1), StatusCode::INVALID_ARGUMENT, "INVALID_MESSAGE", "NO");
}

TEST_CASE("A half-close right after 1,000 items is followed by their results, then OK") {
  World world;
  const std::string queue = world.names.Queue();
  PublishStream stream(world.client);
  REQUIRE(stream.SendInBatches(NumberedItems(0, 1000, "", queue), {1000}));
  const Outcome end = stream.Finish();
  INFO(end);
  CHECK(end.ok());
  CHECK(EachOnce(stream, 1000));
  CHECK(CountOk(stream) == 1000);
  CHECK(Eventually(5s, [&] { return world.direct.Ready(queue) == 1000; }));
}

TEST_CASE("A half-close waits for the confirm that is not there yet") {
  ProxiedWorld world;
  const std::string queue = world.names.Queue();
  REQUIRE(world.client.Publish(JsonMessage("", queue)).ok());
  world.proxy.MuteBroker();
  PublishStream stream(world.client);
  REQUIRE(stream.Send(NumberedItems(0, 2, "", queue)));
  stream.HalfClose();
  REQUIRE(Eventually(3s, [&] { return world.direct.Ready(queue) == 3; }));
  CHECK_FALSE(stream.WaitForEnd(300ms));
  world.proxy.Restore();
  const std::optional<Outcome> end = stream.WaitForEnd();
  REQUIRE(end);
  INFO(*end);
  CHECK(end->ok());
  CHECK(EachOnce(stream, 2));
  CHECK(CountOk(stream) == 2);
}

TEST_CASE("A stream that is half-closed with nothing sent ends with OK at once") {
  World world;
  PublishStream nothing(world.client);
  CHECK(nothing.Finish(2s).ok());
  PublishStream empty(world.client);
  REQUIRE(empty.Send({}));
  CHECK(empty.Finish(2s).ok());
  CHECK(nothing.count() + empty.count() == 0);
}

TEST_CASE("Messages of one routing key by one stream arrive in the order in which they were sent") {
  World world;
  constexpr size_t kKeys = 8;
  constexpr size_t kCount = 3000;
  const std::string exchange = world.names.Exchange("topic");
  std::vector<std::string> queues;
  for (size_t key = 0; key < kKeys; ++key) {
    queues.push_back(world.names.Queue());
    world.direct.Bind(queues.back(), exchange, "key." + std::to_string(key));
  }
  Items items;
  for (size_t i = 0; i < kCount; ++i) {
    items.push_back(NumberedItem(i, exchange, "key." + std::to_string(i * 5 % kKeys)));
  }
  PublishStream stream(world.client);
  REQUIRE(stream.SendInBatches(items, {1, 40, 3, 200, 17}));
  REQUIRE(stream.Finish().ok());
  REQUIRE(CountOk(stream) == kCount);
  for (size_t key = 0; key < kKeys; ++key) {
    REQUIRE(Eventually(5s, [&] { return world.direct.Ready(queues[key]) == kCount / kKeys; }));
    std::vector<std::string> expected;
    for (size_t i = 0; i < kCount; ++i) {
      if (i * 5 % kKeys == key) expected.push_back(IdOf(i));
    }
    std::vector<std::string> arrived;
    for (const Direct::Message& message : world.direct.Drain(queues[key])) {
      arrived.push_back(message.message_id);
    }
    CHECK(arrived == expected);
  }
}

TEST_CASE("Refusals by a full queue and acceptances by another do not mix in a stream") {
  World world;
  const std::string full =
      world.names.Queue({{"x-max-length", int64_t{1}}, {"x-overflow", "reject-publish"}});
  const std::string open = world.names.Queue();
  const std::string exchange = world.names.ExchangeTo(full, "both");
  world.direct.Bind(open, exchange, "both");
  world.direct.Bind(open, exchange, "one");
  REQUIRE(world.client.Publish(JsonMessage("", full)).ok());
  REQUIRE(Eventually(5s, [&] { return world.direct.Ready(full) == 1; }));
  constexpr size_t kCount = 400;
  Items items;
  for (size_t i = 0; i < kCount; ++i) {
    const bool direct = i % 4 < 2;
    items.push_back(NumberedItem(i, direct ? "" : exchange,
                                 i % 4 == 0   ? full
                                 : i % 4 == 1 ? open
                                 : i % 4 == 2 ? "both"
                                              : "one"));
  }
  PublishStream stream(world.client);
  REQUIRE(stream.SendInBatches(items, {50, 1, 9}));
  REQUIRE(stream.Finish().ok());
  REQUIRE(EachOnce(stream, kCount));
  std::set<std::string> expected;
  std::set<std::string> partial;
  for (size_t i = 0; i < kCount; ++i) {
    INFO("item " << i);
    const Outcome outcome = stream.At(i);
    if (i % 2 == 1) {
      CheckOk(outcome);
      expected.insert(IdOf(i));
      continue;
    }
    if (i % 4 == 2) partial.insert(IdOf(i));
    CheckResult(outcome, StatusCode::RESOURCE_EXHAUSTED, "REFUSED_BY_BROKER",
                i % 4 == 0 ? "NO" : "PARTIAL");
  }
  REQUIRE(Eventually(5s, [&] { return world.direct.Ready(open) >= kCount / 2; }));
  const std::multiset<std::string> delivered = IdsOf(world.direct.Drain(open));
  for (const std::string& id : expected) CHECK(delivered.count(id) >= 1);
  // Never tried again after PARTIAL.
  for (const std::string& id : partial) CHECK(delivered.count(id) <= 1);
  CHECK(world.direct.Ready(full) == 1);
}

}  // namespace
}  // namespace amqp_sidecar::test
