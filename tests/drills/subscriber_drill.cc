// Drills: what a great many messages and subscriptions cost: memory, and the others' time.
#include <algorithm>
#include <memory>
#include <stdexcept>
#include <thread>

#include "drills/batch.h"
#include "drills/drill.h"
#include "drills/sampler.h"
#include "support/subscribe_stream.h"

namespace amqp_sidecar::test {
namespace {

// Answered publishes and deliveries a second while nothing else changes.
double RateDuring(const Load& load, Millis span) {
  const auto done = [&] { return load.ok() + load.delivered(); };
  const size_t before = done();
  const auto start = Clock::now();
  std::this_thread::sleep_for(span);
  const std::chrono::duration<double> took = Clock::now() - start;
  return static_cast<double>(done() - before) / took.count();
}

size_t Over(size_t value, size_t base) { return value - std::min(base, value); }

// A subscription to a queue that reads nothing of it, as long as it lives.
class SlowReader {
 public:
  SlowReader(const std::string& target, const std::string& queue, uint32_t prefetch)
      : client_(target), stream_(client_.subscriber().SubscribeStream(&context_)) {
    pb::SubscribeStreamRequest request;
    request.mutable_subscribe()->set_queue(queue);
    request.mutable_subscribe()->set_prefetch(prefetch);
    if (!stream_->Write(request)) throw std::runtime_error("no subscription to " + queue);
  }
  ~SlowReader() {
    context_.TryCancel();
    stream_->Finish();
  }
  SlowReader(const SlowReader&) = delete;
  SlowReader& operator=(const SlowReader&) = delete;

 private:
  Client client_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<pb::SubscribeStreamRequest, pb::SubscribeStreamResponse>>
      stream_;
};

// Row 27 is about large bodies; here they are many, and would fill any memory.
TEST_CASE("row 40: client that never reads from a queue of a million", "[drill]") {
  constexpr uint32_t kPrefetch = 1'000;
  constexpr size_t kBytes = 1'024;
  constexpr size_t kAllowed = 2 * kPrefetch * kBytes + (16u << 20);
  const size_t count = Form<size_t>(30'000, 1'000'000);
  const Millis span = Form(1500ms, 10'000ms);
  Drill drill("40");
  const std::string full = drill.names.Queue({{"x-queue-mode", "lazy"}});
  for (size_t filled = 0; filled < count; filled += 10'000) Fill(drill, full, 10'000, kBytes);
  drill.StartLoad();
  REQUIRE(drill.load->WaitForOk(2'000));
  size_t base = 0;
  size_t peak = 0;
  // In turn, and the best of each: a machine that does something else meanwhile is slow in some.
  double without = 0;
  double beside = 0;
  for (int round = 0; round < 4; ++round) {
    {
      const Sampler sampler(*drill.sidecar, 50ms);
      without = std::max(without, RateDuring(*drill.load, span));
      if (round == 0) base = sampler.Median(0, 1).resident_bytes;
    }
    const Sampler sampler(*drill.sidecar, 50ms);
    const auto reader = std::make_unique<SlowReader>(drill.sidecar->target(), full, kPrefetch);
    REQUIRE(Eventually(10s, [&] { return Depth(drill.node, full) == count - kPrefetch; }));
    beside = std::max(beside, RateDuring(*drill.load, span));
    CHECK(Depth(drill.node, full) == count - kPrefetch);
    peak = std::max(peak, sampler.Peak().resident_bytes);
  }
  CHECK(Eventually(10s, [&] { return Depth(drill.node, full) == count; }));
  const size_t grown = Over(peak, base);
  const double ratio = beside / without;
  drill.figures.Add("queue", count);
  drill.figures.Add("prefetch_bytes", kPrefetch * kBytes);
  drill.figures.Add("grown_bytes", grown);
  drill.figures.Add("others_per_second_without", without);
  drill.figures.Add("others_per_second_beside", beside);
  drill.figures.Add("ratio", ratio);
  CHECK(grown <= kAllowed);
  CHECK(ratio >= 0.5);
  CHECK(drill.load->interruptions() == 0);
  drill.End(0);
}

TEST_CASE("row 42: five hundred subscriptions", "[drill]") {
  constexpr size_t kSubscriptions = 500;
  const size_t each = Form<size_t>(20, 400);
  Drill drill("42");
  std::vector<std::string> queues;
  for (size_t i = 0; i < kSubscriptions; ++i) queues.push_back(drill.names.Queue());
  const size_t base = drill.sidecar->ResidentBytes();
  Client client(drill.sidecar->target());
  std::vector<std::unique_ptr<SubscribeStream>> streams;
  const auto start = Clock::now();
  for (const std::string& queue : queues) {
    streams.push_back(std::make_unique<SubscribeStream>(client, queue, 10));
  }
  for (const auto& stream : streams) REQUIRE(stream->WaitForEvents(1, 30s));
  drill.figures.Add("subscribed_ms", std::chrono::duration_cast<Millis>(Clock::now() - start));
  const size_t grown = Over(drill.sidecar->ResidentBytes(), base);

  // In turn: each has something to do all the time.
  Batch batch(drill.checker);
  for (size_t i = 0; i < each * kSubscriptions; ++i) batch.Add("", queues[i % kSubscriptions]);
  Client publisher(drill.sidecar->target());
  auto published = InBackground([&] { return batch.Publish(publisher, 100); });
  const auto begun = Clock::now();
  for (size_t n = 0; n < each; ++n) {
    for (const auto& stream : streams) {
      const pb::Delivery delivery = stream->Next(60s).delivery;
      drill.checker.Deliver(delivery.properties().message_id(), delivery.body());
      CHECK(delivery.attempt() == 1);
      REQUIRE(stream->Ack({delivery.delivery_id()}));
    }
  }
  const std::chrono::duration<double> took = Clock::now() - begun;
  published.get();
  // The streams end when the acks were taken; nothing came twice, and nothing failed.
  for (const auto& stream : streams) stream->HalfClose();
  for (const auto& stream : streams) {
    const std::optional<Outcome> end = stream->WaitForEnd(30s);
    REQUIRE(end);
    CHECK(end->ok());
    CHECK(stream->delivery_count() == each);
    CHECK(stream->failures().empty());
    CHECK(stream->events() == Events{kSubscribed});
  }
  for (const std::string& queue : queues) CHECK(drill.names.direct().Ready(queue) == 0);
  drill.figures.Add("subscriptions", kSubscriptions);
  drill.figures.Add("bytes_a_subscription", grown / kSubscriptions);
  drill.figures.Add("messages_per_second",
                    static_cast<int>(static_cast<double>(each * kSubscriptions) / took.count()));
  CheckSets(drill.figures, drill.checker, 0);
  // Ten of the smallest messages and a call of gRPC.
  CHECK(grown / kSubscriptions <= 256 * 1024);
}

}  // namespace
}  // namespace amqp_sidecar::test
