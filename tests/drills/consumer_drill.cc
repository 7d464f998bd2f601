// Drills: consumers that vanish, sleep, lie, or lose their queue, and the others beside them.
#include <signal.h>

#include <random>

#include "drills/drill.h"
#include "drills/paced_acker.h"

namespace amqp_sidecar::test {
namespace {

Millis Since(Clock::time_point start) {
  return std::chrono::duration_cast<Millis>(Clock::now() - start);
}

TEST_CASE("row 15: queue deleted under its consumer", "[drill]") {
  Drill drill("15");
  Client client(drill.sidecar->target());
  Subscription bystander(client, drill.quorum);
  REQUIRE(bystander.WaitForEvents(1));
  Millis worst{0};
  for (int i = 0; i < Form(5, 100); ++i) {
    const std::string queue = drill.names.Queue(
        i % 2 == 0 ? Direct::Arguments{} : Direct::Arguments{{"x-queue-type", "quorum"}});
    Fill(drill, queue, 3);
    Subscription subscription(client, queue);
    REQUIRE(subscription.WaitForDeliveries(3));
    const auto start = Clock::now();
    drill.names.direct().DeleteQueue(queue);
    const std::optional<Outcome> end = subscription.WaitForEnd();
    REQUIRE(end);
    worst = std::max(worst, Since(start));
    CheckFailure(*end, grpc::StatusCode::NOT_FOUND, "QUEUE_NOT_FOUND", "");
    for (const pb::SettleFailure& failure : client.Ack(Ids(subscription.deliveries()))) {
      CHECK(failure.reason() == "STALE_DELIVERY");
    }
  }
  drill.figures.Add("stream_ended_ms", worst);
  CHECK(worst <= 1s);
  CHECK(bystander.events() == Events{kSubscribed});
}

// A channel reads the timeout when it is opened.
void SetConsumerTimeout(const RabbitmqNode& node, int timeout_ms, int tick_ms) {
  node.Ctl({"eval", "application:set_env(rabbit, consumer_timeout, " + std::to_string(timeout_ms) +
                        "), application:set_env(rabbit, channel_tick_interval, " +
                        std::to_string(tick_ms) + ")."});
}

TEST_CASE("row 20: consumer that holds a delivery past the broker's timeout", "[drill]") {
  const RabbitmqNode node = RabbitmqNode::Drilled();
  OnExit normal([&] { SetConsumerTimeout(node, 1'800'000, 60'000); });
  SetConsumerTimeout(node, 3000, 1000);
  Drill drill("20");
  Client client(drill.sidecar->target());
  Fill(drill, drill.classic, 1);
  Fill(drill, drill.quorum, 2500);
  PacedAcker other(client, drill.quorum, 10, 100);
  Subscription sleeper(client, drill.classic);
  REQUIRE(sleeper.WaitForDeliveries(1));
  REQUIRE(sleeper.WaitForEvents(2, 20s));
  const auto interrupted = Clock::now();
  REQUIRE(sleeper.WaitForEvents(3, 20s));
  const Millis back = Since(interrupted);
  REQUIRE(sleeper.WaitForDeliveries(2));
  CHECK(sleeper.events() == Events{kSubscribed, kInterrupted, kResubscribed});
  const auto failures = client.Ack({sleeper.deliveries()[0].delivery_id()});
  REQUIRE(failures.size() == 1);
  CHECK(failures[0].reason() == "STALE_DELIVERY");
  CHECK(client.Ack({sleeper.deliveries()[1].delivery_id()}).empty());
  drill.figures.Add("resubscribed_ms", back);
  drill.figures.Add("others_interrupted", other.interruptions());
  CHECK(back <= 1s);
  CHECK(other.interruptions() == 0);
  CHECK(other.refused() == 0);
}

// While it reads nothing from a connection, RabbitMQ repeats the channel.close of a timeout at each
// tick. Who answers each of them has closed a channel that is closed, which costs the connection
// when the alarm is over.
TEST_CASE("row 25: channel closed again and again while the connection is blocked", "[drill]") {
  const RabbitmqNode node = RabbitmqNode::Drilled();
  OnExit normal([&] { SetConsumerTimeout(node, 1'800'000, 60'000); });
  SetConsumerTimeout(node, 6000, 1000);
  Drill drill("25");
  Client client(drill.sidecar->target());
  const std::string aside = drill.names.Queue();
  Fill(drill, drill.classic, 1);
  Subscription bystander(client, drill.quorum);
  REQUIRE(bystander.WaitForEvents(1));
  Subscription sleeper(client, drill.classic);
  REQUIRE(sleeper.WaitForDeliveries(1));
  OnExit calm([&] { node.Ctl({"set_vm_memory_high_watermark", "0.4"}); });
  node.Ctl({"set_vm_memory_high_watermark", "0.00001"});
  // The first publish is what has RabbitMQ stop reading.
  REQUIRE_FALSE(client.Publish(JsonMessage("", aside), 300ms).ok());
  REQUIRE(sleeper.WaitForEvents(2, 20s));
  CHECK(Throughout(Form(Millis(5s), Millis(60s)),
                   [&] { return bystander.events() == Events{kSubscribed}; }));
  calm.Now();
  REQUIRE(Eventually(10s, [&] { return client.Publish(JsonMessage("", aside), 1s).ok(); }));
  REQUIRE(sleeper.WaitForEvents(3, 20s));
  CHECK(sleeper.events() == Events{kSubscribed, kInterrupted, kResubscribed});
  CHECK(Throughout(2s, [&] { return bystander.events() == Events{kSubscribed}; }));
  const std::string log = drill.sidecar->output();
  drill.figures.Add("others_interrupted", bystander.events().size() - 1);
  CHECK_THAT(log, !ContainsSubstring("code=504"));
  CHECK(log.find("connected to the broker") == log.rfind("connected to the broker"));
}

// A process of its own, since what is killed is a client.
TEST_CASE("row 26: client killed in mid-stream", "[drill]") {
  Drill drill("26");
  Client client(drill.sidecar->target());
  Millis worst{0};
  constexpr size_t kHeld = 50;
  for (int i = 0; i < Form(3, 50); ++i) {
    Fill(drill, drill.quorum, kHeld);
    Subprocess doomed({SidecarBinary(), "subscribe", "--address", drill.sidecar->target(),
                       "--queue", drill.quorum, "--no-ack", "--prefetch", std::to_string(kHeld),
                       "--json"});
    REQUIRE(Eventually(10s, [&] {
      const std::string out = doomed.out();
      return std::count(out.begin(), out.end(), '\n') == kHeld;
    }));
    Subscription heir(client, drill.quorum, kHeld);
    REQUIRE(heir.WaitForEvents(1));
    const auto start = Clock::now();
    doomed.Signal(SIGKILL);
    REQUIRE(heir.WaitForDeliveries(kHeld));
    worst = std::max(worst, Since(start));
    for (const pb::Delivery& delivery : heir.deliveries()) CHECK(delivery.redelivered());
    CHECK(client.Ack(Ids(heir.deliveries())).empty());
    CHECK(heir.deliveries().size() == kHeld);
  }
  drill.figures.Add("redelivered_ms", worst);
  CHECK(worst <= 1s);
}

TEST_CASE("row 27: client that never reads", "[drill]") {
  constexpr size_t kBytes = 256 * 1024;
  constexpr uint32_t kPrefetch = 64;
  Drill drill("27");
  Fill(drill, drill.classic, 300, kBytes);
  Fill(drill, drill.quorum, Form<size_t>(3000, 12'000));
  Client client(drill.sidecar->target());
  PacedAcker other(client, drill.quorum, 20, 200);
  const double before = other.RateDuring(2s);
  const size_t base = drill.sidecar->ResidentBytes();
  Client stalled(drill.sidecar->target());
  grpc::ClientContext context;
  pb::SubscribeRequest request;
  request.set_queue(drill.classic);
  request.set_prefetch(kPrefetch);
  const auto reader = stalled.subscriber().Subscribe(&context, request);
  REQUIRE(Eventually(10s, [&] { return Depth(drill.node, drill.classic) == 300 - kPrefetch; }));
  const double during = other.RateDuring(Form(Millis(3s), Millis(30s)));
  const size_t grown =
      drill.sidecar->ResidentBytes() - std::min(base, drill.sidecar->ResidentBytes());
  context.TryCancel();
  reader->Finish();
  drill.figures.Add("prefetch_bytes", kPrefetch * kBytes);
  drill.figures.Add("grown_bytes", grown);
  drill.figures.Add("other_deliveries_per_second", during);
  // Each body twice, for the moment of its conversion, and what the allocator keeps.
  CHECK(grown <= 2 * kPrefetch * kBytes + (16u << 20));
  CHECK(during >= 0.9 * before);
  CHECK(other.interruptions() == 0);
  CHECK(Eventually(5s, [&] { return Depth(drill.node, drill.classic) == 300; }));
}

std::string Mutilated(std::string id, std::mt19937_64& random) {
  const auto below = [&](size_t n) {
    return std::uniform_int_distribution<size_t>(0, n - 1)(random);
  };
  switch (below(5)) {
    case 0:
      return std::string(below(64), 'A');
    case 1:
      return id.substr(0, below(id.size()));
    case 2:
      return id + id;
    case 3:
      id[below(id.size())] = static_cast<char>('!' + below(90));
      return id;
    default:
      for (char& c : id) c = static_cast<char>(' ' + below(95));
      return id;
  }
}

TEST_CASE("row 29: acks of ids that were never given", "[drill]") {
  Drill drill("29");
  Client client(drill.sidecar->target());
  constexpr size_t kHeld = 20;
  Fill(drill, drill.classic, kHeld);
  Subscription subscription(client, drill.classic, kHeld);
  REQUIRE(subscription.WaitForDeliveries(kHeld));
  const std::vector<std::string> ids = Ids(subscription.deliveries());
  REQUIRE(client.Ack({ids[0]}).empty());
  std::mt19937_64 random(29);
  const size_t count = Form<size_t>(100'000, 1'000'000);
  size_t refused = 0;
  for (size_t sent = 0; sent < count;) {
    std::vector<std::string> hostile;
    for (int i = 0; i < 500; ++i, ++sent) {
      std::string id = Mutilated(ids[sent % 3], random);
      // By chance a digit may have become that of another delivery: those are for the end.
      if (std::find(ids.begin(), ids.end(), id) == ids.end()) hostile.push_back(std::move(id));
    }
    hostile.push_back(ids[0]);
    refused += (sent % 1000 == 0 ? client.Nack(hostile) : client.Ack(hostile)).size();
  }
  drill.figures.Add("hostile_acks", count);
  drill.figures.Add("refused", refused);
  CHECK(refused >= count * 9 / 10);
  // The channel lives, the first ack counted, and the others still can be.
  CHECK(subscription.events() == Events{kSubscribed});
  CHECK(client.Ack({ids.begin() + 1, ids.end()}).empty());
  subscription.Cancel();
  CHECK(Throughout(500ms, [&] { return Depth(drill.node, drill.classic) == 0; }));
}

}  // namespace
}  // namespace amqp_sidecar::test
