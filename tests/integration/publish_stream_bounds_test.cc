// PublishStream and the bounds: a stream is slowed, never refused; it takes no other's room; a
// client that does not read its results costs no memory.
#include <algorithm>
#include <atomic>

#include "integration/stream_items.h"

namespace amqp_sidecar::test {
namespace {

using grpc::StatusCode;

TEST_CASE("A stream of far more messages than the bound is slowed, and all are OK") {
  World world(BoundsOf("max_in_flight_messages: 50"));
  const std::string queue = world.names.Queue();
  PublishStream stream(world.client);
  REQUIRE(stream.SendInBatches(NumberedItems(0, 2000, "", queue), {1, 600, 30, 99}));
  REQUIRE(stream.Finish().ok());
  CHECK(EachOnce(stream, 2000));
  CHECK(CountOk(stream) == 2000);
  CHECK(Eventually(5s, [&] { return world.direct.Ready(queue) == 2000; }));
}

// Each of them is nearly all that may be in flight at once.
TEST_CASE("A stream of messages as large as the bound on bytes is slowed, and all are OK") {
  World world(BoundsOf("max_in_flight_bytes: 100000, max_message_bytes: 100000"));
  const std::string queue = world.names.Queue();
  Items items;
  for (size_t i = 0; i < 30; ++i) {
    items.push_back(NumberedItem(i, "", queue));
    const size_t size = i % 3 == 0 ? 99'998 : i % 3 == 1 ? 60'000 : 10;
    items.back().mutable_message()->set_body("\"" + std::string(size, 'a') + "\"");
  }
  PublishStream stream(world.client);
  REQUIRE(stream.SendInBatches(items, {1, 10}));
  REQUIRE(stream.Finish().ok());
  CHECK(EachOnce(stream, 30));
  CHECK(CountOk(stream) == 30);
  CHECK(Eventually(5s, [&] { return world.direct.Ready(queue) == 30; }));
}

// How many messages a stream leaves in the queue when nothing is confirmed: what it can hold.
uint32_t Settled(Direct& direct, const std::string& queue) {
  uint32_t last = 0;
  Eventually(3s, [&] {
    last = direct.Ready(queue);
    return last > 1 && Throughout(400ms, [&] { return direct.Ready(queue) == last; });
  });
  return last;
}

TEST_CASE("A stream that is full to the bound leaves calls their room") {
  ProxiedWorld world(BoundsOf("max_in_flight_messages: 40"));
  const std::string queue = world.names.Queue();
  REQUIRE(world.client.Publish(JsonMessage("", queue)).ok());
  world.proxy.MuteBroker();
  PublishStream stream(world.client);
  auto sending = InBackground(
      [&] { return stream.SendInBatches(NumberedItems(0, 400, "", queue), {20}, 60s); });
  const uint32_t held = Settled(world.direct, queue) - 1;
  CHECK(held >= 10);
  CHECK(held <= 40);
  // Below the quarter that is theirs.
  const std::vector<pb::PublishRequest> calls(9, JsonMessage("", queue));
  const std::vector<Outcome> outcomes = world.client.PublishAll(calls, 9, 1s);
  for (const Outcome& outcome : outcomes) {
    INFO(outcome);
    CHECK(outcome.reason == "OUTCOME_UNKNOWN");
    CHECK(outcome.took < 1200ms);
  }
  world.proxy.Restore();
  REQUIRE(sending.get());
  REQUIRE(stream.WaitForResults(400));
  CHECK(EachOnce(stream, 400));
  for (const pb::PublishResult& result : stream.results()) {
    INFO("item " << result.tag() << ": " << result.code() << " " << result.reason());
    CHECK((result.code() == 0 || result.reason() == "OUTCOME_UNKNOWN"));
  }
  CHECK(stream.Finish().ok());
}

TEST_CASE("A stream that is full to the bound on bytes leaves calls their room") {
  ProxiedWorld world(BoundsOf("max_in_flight_bytes: 1000000, max_message_bytes: 1000000"));
  const std::string queue = world.names.Queue();
  REQUIRE(world.client.Publish(JsonMessage("", queue)).ok());
  world.proxy.MuteBroker();
  Items items = NumberedItems(0, 40, "", queue);
  for (pb::PublishItem& item : items) {
    item.mutable_message()->set_body("\"" + std::string(100'000, 'a') + "\"");
  }
  PublishStream stream(world.client);
  auto sending = InBackground([&] { return stream.SendInBatches(items, {5}, 60s); });
  CHECK(Settled(world.direct, queue) <= 11);
  const Outcome outcome =
      world.client.Publish(JsonMessage("", queue, "\"" + std::string(150'000, 'b') + "\""), 1s);
  INFO(outcome);
  CHECK(outcome.reason == "OUTCOME_UNKNOWN");
  world.proxy.Restore();
  REQUIRE(sending.get());
  CHECK(stream.Finish().ok());
  CHECK(EachOnce(stream, 40));
}

TEST_CASE("Twenty streams at once are all served") {
  World world(BoundsOf("max_in_flight_messages: 200"));
  constexpr size_t kStreams = 20;
  constexpr size_t kEach = 500;
  const std::string queue = world.names.Queue();
  std::vector<std::unique_ptr<Client>> clients;
  std::vector<std::unique_ptr<PublishStream>> streams;
  for (size_t i = 0; i < kStreams; ++i) {
    if (i % 4 == 0) clients.push_back(std::make_unique<Client>(world.sidecar.target()));
    streams.push_back(std::make_unique<PublishStream>(*clients.back()));
  }
  std::vector<std::future<bool>> sending;
  for (const std::unique_ptr<PublishStream>& stream : streams) {
    sending.push_back(InBackground(
        [&] { return stream->SendInBatches(NumberedItems(0, kEach, "", queue), {40}, 60s); }));
  }
  for (size_t i = 0; i < kStreams; ++i) {
    REQUIRE(sending[i].get());
    CHECK(streams[i]->Finish(60s).ok());
    CHECK(EachOnce(*streams[i], kEach));
    CHECK(CountOk(*streams[i]) == kEach);
  }
  CHECK(Eventually(5s, [&] { return world.direct.Ready(queue) == kStreams * kEach; }));
}

// Streams that always have something to send, but do not pile it up, until the end of the object.
class SteadyLoad {
 public:
  SteadyLoad(const SidecarProcess& sidecar, const Items& items, size_t count)
      : client_(sidecar.target()) {
    for (size_t i = 0; i < count; ++i) {
      streams_.push_back(std::make_unique<PublishStream>(client_));
      senders_.push_back(InBackground([this, items, stream = streams_.back().get()] {
        while (!enough_ && stream->Send(items)) {
          const size_t sent = stream->sent();
          while (!enough_ && stream->count() + 400 < sent) {
            (void)stream->WaitForResults(stream->count() + 1, 100ms);
          }
        }
      }));
    }
  }
  ~SteadyLoad() { enough_ = true; }

  bool AllHave(size_t results) const {
    for (const auto& stream : streams_) {
      if (!stream->WaitForResults(results)) return false;
    }
    return true;
  }
  std::vector<size_t> Counts() const {
    std::vector<size_t> counts;
    for (const auto& stream : streams_) counts.push_back(stream->count());
    return counts;
  }

 private:
  Client client_;
  std::atomic<bool> enough_ = false;
  std::vector<std::unique_ptr<PublishStream>> streams_;
  std::vector<std::future<void>> senders_;
};

TEST_CASE("Of twenty streams that keep the sidecar at its bound none starves") {
  World world(BoundsOf("max_in_flight_messages: 200"));
  constexpr size_t kStreams = 20;
  const std::string sink = world.names.Exchange("fanout");
  world.direct.Bind(world.names.Queue(), sink, "");
  SteadyLoad load(world.sidecar, NumberedItems(0, 40, sink, "k"), kStreams);
  REQUIRE(load.AllHave(1));
  const std::vector<size_t> before = load.Counts();
  std::vector<size_t> gained(kStreams);
  size_t all = 0;
  REQUIRE(Eventually(30s, [&] {
    const std::vector<size_t> now = load.Counts();
    all = 0;
    for (size_t i = 0; i < kStreams; ++i) all += gained[i] = now[i] - before[i];
    return all >= 10'000;
  }));
  CAPTURE(gained);
  CHECK(*std::min_element(gained.begin(), gained.end()) > all / kStreams / 10);
}

TEST_CASE("A newcomer is served while ten streams keep the sidecar at its bound") {
  World world(BoundsOf("max_in_flight_messages: 50"));
  const std::string sink = world.names.Exchange("fanout");
  const std::string queue = world.names.Queue();
  Items items = NumberedItems(0, 100, sink, "k");
  for (pb::PublishItem& item : items) item.set_allow_unroutable(true);
  SteadyLoad load(world.sidecar, items, 10);
  REQUIRE(load.AllHave(200));
  for (size_t round = 0; round < 5; ++round) {
    PublishStream stream(world.client);
    REQUIRE(stream.Send(NumberedItems(round * 20, 20, "", queue)));
    CHECK(stream.WaitForResults(20, 5s));
    CHECK(stream.Finish(5s).ok());
    CHECK(CountOk(stream) == 20);
    CHECK(world.client.Publish(JsonMessage("", queue)).ok());
  }
}

// What HTTP/2's windows let in counts, too.
TEST_CASE("Forty streams that send more than is taken cost bounded memory") {
  ProxiedWorld world(BoundsOf("max_in_flight_bytes: 8000000"));
  const std::string queue = world.names.Queue();
  REQUIRE(world.client.Publish(JsonMessage("", queue)).ok());
  world.proxy.TakeAway();
  const size_t before = world.sidecar.ResidentBytes();
  Items items = NumberedItems(0, 10, "", queue);
  for (pb::PublishItem& item : items) {
    item.mutable_message()->set_body("\"" + std::string(20'000, 'a') + "\"");
  }
  std::vector<std::unique_ptr<Client>> clients;
  std::vector<std::unique_ptr<PublishStream>> streams;
  std::vector<std::future<void>> sending;
  for (size_t i = 0; i < 40; ++i) {
    if (i % 4 == 0) clients.push_back(std::make_unique<Client>(world.sidecar.target()));
    streams.push_back(std::make_unique<PublishStream>(*clients.back()));
    sending.push_back(InBackground([&, stream = streams.back().get()] {
      while (stream->sent() < 5000 && stream->Send(items, 2s)) {
      }
    }));
  }
  for (std::future<void>& sent : sending) sent.get();
  size_t sent = 0;
  for (const std::unique_ptr<PublishStream>& stream : streams) sent += stream->sent() * 20'000;
  const size_t after = world.sidecar.ResidentBytes();
  CAPTURE(sent, before, after);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  CHECK(after - before < 100'000'000);
#endif
}

TEST_CASE("A client that does not read its results costs no memory, and gets them all in the end") {
  World world;
  const std::string sink = world.names.Exchange("fanout");
  const std::string queue = world.names.Queue();
  REQUIRE(world.client.Publish(JsonMessage("", queue)).ok());
  Client slow(world.sidecar.target());
  PublishStream stream(slow, 150s);
  stream.StopReading();
  const size_t before = world.sidecar.ResidentBytes();
  // Echoed ids fill gRPC's windows sooner.
  const std::string filler(200, 'i');
  constexpr size_t kMost = 400'000;
  constexpr size_t kBatch = 500;
  bool taken = true;
  size_t most = before;
  while (taken && stream.sent() < kMost) {
    Items items = NumberedItems(stream.sent(), kBatch, sink, "k");
    for (pb::PublishItem& item : items) {
      item.set_allow_unroutable(true);
      item.mutable_message()->mutable_properties()->set_message_id(filler + IdOf(item.tag()));
    }
    taken = stream.Send(items, 5s);
    most = std::max(most, world.sidecar.ResidentBytes());
  }
  CAPTURE(stream.sent(), before, most);
  // It was slowed at some point: else it would say nothing about memory.
  CHECK_FALSE(taken);
  CHECK_FALSE(stream.WaitForEnd(0ms));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  CHECK(most - before < 64'000'000);
#endif
  CHECK(world.client.Publish(JsonMessage("", queue)).ok());
  PublishStream other(world.client);
  REQUIRE(other.Send(NumberedItems(0, 100, "", queue)));
  CHECK(other.WaitForResults(100));
  CHECK(CountOk(other) == 100);

  stream.ReadOn();
  const size_t sent = stream.sent();
  CHECK(stream.Finish(60s).ok());
  CHECK(EachOnce(stream, sent));
  CHECK(CountOk(stream) == sent);
}

}  // namespace
}  // namespace amqp_sidecar::test
