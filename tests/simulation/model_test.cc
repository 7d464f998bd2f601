// The model broker by itself: dead letters, waiting and counting as RabbitMQ does them, seen by a
// client that speaks frames. What is said here of RabbitMQ was measured on 3.10 and 4.0.
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "model_broker.h"
#include "model_properties.h"
#include "support/catch.h"

namespace amqp_sidecar::simulation {
namespace {

using broker::Verb;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct Got {
  uint64_t tag = 0;
  bool redelivered = false;
  std::string exchange;
  std::string routing_key;
  WireTable headers;
  std::string expiration;
  base::TimePoint when;
};

// A model broker, and one connection to it with one channel.
class Bench final : public amqp::Transport::Listener {
 public:
  explicit Bench(bool newer = false) : options_(Options(newer)) { Connect(); }

  void Connect() {
    ++pipes_;
    pipe_ = std::make_shared<SimulatedPipe>(reactor_, trace_, Random(pipes_),
                                            SimulatedPipe::Shape(), pipes_);
    pipe_->AttachClient(*this);
    model_.Accept(pipe_);
    pipe_->Write(std::string_view("AMQP\x00\x00\x09\x01", 8));
    Write(MethodFrame(0, Method::kConnectionStartOk).Long("").Short("PLAIN").Long("").Short(""));
    Write(MethodFrame(0, Method::kConnectionTuneOk).U16(8).U32(4096).U16(0));
    Write(MethodFrame(0, Method::kConnectionOpen).Short("/").Short("").U8(0));
    Write(MethodFrame(1, Method::kChannelOpen).Short(""));
    Write(MethodFrame(1, Method::kConfirmSelect).U8(0));
    Wait(milliseconds(20));
    REQUIRE(connected_);
  }

  void Wait(base::Duration time) {
    absl::AnyInvocable<bool()> never = [] { return false; };
    // Its heartbeats.
    for (const base::TimePoint end = reactor_.Now() + time; reactor_.Now() < end;) {
      reactor_.RunUntil(std::min(end, reactor_.Now() + seconds(1)), never);
      if (connected_) pipe_->Write(Frame(kHeartbeatFrame, 0, ""));
    }
    if (!may_fail_) CHECK(checker_.failure() == "");
  }

  // What the checker does not allow is to happen.
  void MayFail() { may_fail_ = true; }
  bool failed() const { return !checker_.failure().empty(); }

  void Restart(base::Duration down) {
    connected_ = false;
    model_.GoDown(/*politely=*/false);
    Wait(down);
    model_.ComeUp();
    Connect();
  }

  void Declare(const std::string& name, const WireTable& arguments, bool passive = false) {
    ModelProperties table("");
    for (const auto& [argument, value] : arguments) table.SetHeader(argument, value);
    std::string encoded = table.Bytes().substr(2);
    if (encoded.empty()) encoded.assign(4, '\0');
    Write(MethodFrame(1, Method::kQueueDeclare)
              .U16(0)
              .Short(name)
              .U8(passive ? 3 : 2)
              .Long(encoded.substr(4)));
    Wait(milliseconds(5));
  }

  // What the sidecar declares for a wait.
  void DeclareWait(const std::string& name, const std::string& back, int64_t wait, int64_t lease) {
    Declare(name, {{"x-queue-type", {"quorum"}},
                   {"x-message-ttl", {wait}},
                   {"x-expires", {lease}},
                   {"x-dead-letter-exchange", {""}},
                   {"x-dead-letter-routing-key", {back}},
                   {"x-dead-letter-strategy", {"at-least-once"}},
                   {"x-overflow", {"reject-publish"}}});
  }

  size_t Publish(const std::string& key, const WireTable& headers = {},
                 const std::string& expiration = "") {
    const size_t index = checker_.publishes();
    Checker::Publish expected;
    expected.routing_key = key;
    expected.body_bytes = 3;
    expected.deadline = base::kNever;
    checker_.Called(expected);
    const std::string name = Checker::NameOf(index);
    std::string encoded;
    // delivery_mode, correlation_id, expiration
    encoded.push_back(static_cast<char>(expiration.empty() ? 0x14 : 0x15));
    encoded.push_back(0);
    encoded.push_back(2);
    encoded.push_back(static_cast<char>(name.size()));
    encoded += name;
    if (!expiration.empty()) {
      encoded.push_back(static_cast<char>(expiration.size()));
      encoded += expiration;
    }
    ModelProperties properties(encoded);
    for (const auto& [header, value] : headers) properties.SetHeader(header, value);
    Write(MethodFrame(1, Method::kBasicPublish).U16(0).Short("").Short(key).U8(1));
    pipe_->Write(ContentFrames(1, properties.Bytes(), checker_.Body(index), 4096));
    Wait(milliseconds(10));
    return index;
  }

  void Consume(const std::string& queue) {
    Write(MethodFrame(1, Method::kBasicConsume)
              .U16(0)
              .Short(queue)
              .Short("sidecar-1-" + std::to_string(++consumers_))
              .U8(0)
              .Long(""));
    Wait(milliseconds(5));
  }

  void Settle(Verb verb, uint64_t tag, bool requeue = false) {
    settlements_.Asked({1, consumers_, tag}, verb, 0);
    MethodFrame frame(1, verb == Verb::kAck ? Method::kBasicAck : Method::kBasicReject);
    Write(frame.U64(tag).U8(requeue ? 1 : 0));
    Wait(milliseconds(5));
  }

  size_t Ready(const std::string& queue) {
    const ModelQueue* found = model_.FindQueue(queue);
    return found == nullptr ? 0 : found->ready.size();
  }
  bool Has(const std::string& queue) { return model_.HasQueue(queue); }
  base::TimePoint Now() const { return reactor_.Now(); }
  const std::vector<Got>& got() const { return got_; }
  uint16_t closed() const { return closed_; }

  void OnConnected() override {}
  void OnWritable() override {}
  void OnClosed(const std::string&) override { connected_ = false; }
  void OnBytes(std::string_view bytes) override {
    buffer_ += bytes;
    for (;;) {
      WireReader head(buffer_);
      const uint8_t type = head.U8();
      const uint16_t channel = head.U16();
      const uint32_t size = head.U32();
      if (!head.ok() || buffer_.size() < size + kFrameBytes) return;
      OnFrame(type, channel, buffer_.substr(kFrameBytes - 1, size));
      buffer_.erase(0, size + kFrameBytes);
    }
  }

 private:
  static ModelBroker::Options Options(bool newer) {
    ModelBroker::Options options;
    options.newer = newer;
    return options;
  }

  void Write(MethodFrame& frame) { pipe_->Write(frame.Bytes()); }
  void Write(MethodFrame&& frame) { Write(frame); }

  void OnFrame(uint8_t type, uint16_t, const std::string& payload) {
    if (type == kHeaderFrame) {
      ContentProperties properties;
      uint64_t body = 0;
      REQUIRE(ReadContentHeader(payload, properties, body));
      got_.back().headers = properties.headers;
      got_.back().expiration = properties.expiration;
      const auto count = properties.headers.find("x-delivery-count");
      const int64_t earlier = count == properties.headers.end() ? 0 : *count->second.number();
      settlements_.Received({1, consumers_, got_.back().tag}, static_cast<uint32_t>(earlier + 1),
                            got_.back().redelivered);
    }
    if (type != kMethodFrame) return;
    WireReader args(payload);
    switch (static_cast<Method>(args.U32())) {
      case Method::kChannelOpenOk:
        connected_ = true;
        break;
      case Method::kBasicDeliver: {
        args.Short();
        Got got;
        got.tag = args.U64();
        got.redelivered = args.U8() != 0;
        got.exchange = args.Short();
        got.routing_key = args.Short();
        got.when = reactor_.Now();
        got_.push_back(got);
        break;
      }
      case Method::kChannelClose:
        closed_ = args.U16();
        break;
      default:
        break;
    }
  }

  const ModelBroker::Options options_;
  SimulatedReactor reactor_;
  Trace trace_{reactor_, false};
  Checker checker_{trace_, reactor_};
  SettlementChecker settlements_{checker_};
  ModelBroker model_{reactor_, trace_, checker_, settlements_, Random(1), options_};
  std::shared_ptr<SimulatedPipe> pipe_;
  uint64_t pipes_ = 0;
  uint64_t consumers_ = 0;
  std::string buffer_;
  bool connected_ = false;
  bool may_fail_ = false;
  std::vector<Got> got_;
  uint16_t closed_ = 0;
};

WireTable Death(const std::string& queue, const std::string& reason) {
  return {{"queue", {queue}}, {"reason", {reason}}, {"count", {int64_t{1}}}};
}

const WireTable kQuorum = {{"x-queue-type", {"quorum"}}};

TEST_CASE("A message waits as long as its queue says, and comes back", "[model]") {
  Bench bench;
  bench.Declare("q", kQuorum);
  bench.DeclareWait("wait", "q", 1'000, 60'000);
  bench.Consume("q");
  const base::TimePoint begin = bench.Now();
  bench.Publish("wait");
  bench.Wait(milliseconds(950));
  CHECK(bench.got().empty());
  bench.Wait(milliseconds(100));
  REQUIRE(bench.got().size() == 1);
  const Got& got = bench.got().front();
  CHECK(got.when - begin >= milliseconds(1'000));
  CHECK(got.exchange.empty());
  CHECK(got.routing_key == "q");
  CHECK_FALSE(got.redelivered);
  const WireTable death = *got.headers.at("x-death").array()->front().table();
  CHECK(*death.at("queue").text() == "wait");
  CHECK(*death.at("reason").text() == "expired");
  CHECK(*death.at("count").number() == 1);
  CHECK(*got.headers.at("x-first-death-queue").text() == "wait");
  CHECK_FALSE(got.headers.contains("x-last-death-queue"));
}

TEST_CASE("RabbitMQ 4 names the last death, too", "[model]") {
  Bench bench(/*newer=*/true);
  bench.Declare("q", kQuorum);
  bench.DeclareWait("wait", "q", 100, 60'000);
  bench.Consume("q");
  bench.Publish("wait");
  bench.Wait(milliseconds(200));
  REQUIRE(bench.got().size() == 1);
  CHECK(*bench.got().front().headers.at("x-last-death-queue").text() == "wait");
}

TEST_CASE("A quorum queue counts what comes back, a classic one does not", "[model]") {
  const bool quorum = GENERATE(true, false);
  Bench bench;
  bench.Declare("q", quorum ? kQuorum : WireTable());
  bench.Consume("q");
  bench.Publish("q");
  for (uint64_t tag = 1; tag <= 2; ++tag) bench.Settle(Verb::kNack, tag, /*requeue=*/true);
  REQUIRE(bench.got().size() == 3);
  CHECK_FALSE(bench.got()[0].headers.contains("x-delivery-count"));
  CHECK(bench.got()[2].redelivered);
  CHECK(bench.got()[2].headers.contains("x-delivery-count") == quorum);
  if (quorum) CHECK(*bench.got()[2].headers.at("x-delivery-count").number() == 2);
}

TEST_CASE("A rejected message goes to where its queue dead-letters", "[model]") {
  Bench bench;
  bench.Declare("dead", {});
  bench.Declare("q", {{"x-dead-letter-exchange", {""}}, {"x-dead-letter-routing-key", {"dead"}}});
  bench.Consume("q");
  bench.Publish("q");
  bench.Settle(Verb::kReject, 1);
  CHECK(bench.Ready("dead") == 1);
  CHECK(bench.Ready("q") == 0);
}

TEST_CASE("A wait queue keeps what it cannot hand on, and hands it on when it can", "[model]") {
  Bench bench;
  bench.DeclareWait("wait", "q", 100, 60'000);
  bench.Publish("wait");
  bench.Wait(seconds(3));
  bench.Declare("q", kQuorum);
  bench.Wait(seconds(2));
  CHECK(bench.Ready("q") == 1);
}

TEST_CASE("What went round without being rejected is dropped", "[model]") {
  Bench bench;
  bench.Declare("q", kQuorum);
  bench.DeclareWait("amqp-sidecar.wait.q", "q", 100, 60'000);
  const bool rejected = GENERATE(true, false);
  bench.MayFail();
  bench.Publish("amqp-sidecar.wait.q",
                {{"x-death", {WireArray{{Death("q", rejected ? "rejected" : "expired")}}}}});
  bench.Wait(seconds(3));
  CHECK(bench.Ready("q") == (rejected ? 1 : 0));
  CHECK(bench.failed() == !rejected);
}

TEST_CASE("A message's own expiration cuts its wait short", "[model]") {
  Bench bench;
  bench.Declare("q", kQuorum);
  bench.DeclareWait("wait", "q", 10'000, 60'000);
  bench.Consume("q");
  bench.Publish("wait", {}, "100");
  bench.Wait(milliseconds(300));
  REQUIRE(bench.got().size() == 1);
  CHECK(bench.got().front().expiration.empty());
}

TEST_CASE("A CC header routes as well as the key", "[model]") {
  Bench bench;
  bench.Declare("other", {});
  bench.Declare("q", kQuorum);
  bench.Publish("q", {{"CC", {WireArray{{"other"}}}}});
  CHECK(bench.Ready("q") == 1);
  CHECK(bench.Ready("other") == 1);
}

TEST_CASE("An unused queue is deleted with what it holds, unless it is declared again", "[model]") {
  Bench bench;
  bench.DeclareWait("wait", "q", 100'000, 10'000);
  bench.Publish("wait");
  SECTION("declared in earnest") {
    for (int i = 0; i < 5; ++i) {
      bench.Wait(seconds(6));
      bench.DeclareWait("wait", "q", 100'000, 10'000);
    }
    CHECK(bench.Ready("wait") == 1);
  }
  SECTION("a passive declaration of a quorum queue is no use of it") {
    for (int i = 0; i < 3; ++i) {
      bench.Wait(seconds(6));
      bench.Declare("wait", {}, /*passive=*/true);
    }
    CHECK_FALSE(bench.Has("wait"));
  }
  SECTION("nor is a publish") {
    for (int i = 0; i < 3; ++i) {
      bench.Wait(seconds(4));
      bench.Publish("wait");
    }
    bench.Wait(seconds(4));
    CHECK_FALSE(bench.Has("wait"));
  }
  SECTION("a quorum queue counts the time in which the broker was down") {
    bench.Restart(seconds(12));
    bench.Wait(seconds(5));
    CHECK_FALSE(bench.Has("wait"));
  }
}

TEST_CASE("A message in a wait queue outlives a restart", "[model]") {
  Bench bench;
  bench.Declare("q", kQuorum);
  bench.DeclareWait("wait", "q", 2'000, 60'000);
  bench.Publish("wait");
  bench.Restart(seconds(4));
  // It takes its time after a start.
  bench.Wait(seconds(11));
  CHECK(bench.Ready("q") == 1);
}

TEST_CASE("A queue is not declared with other arguments", "[model]") {
  Bench bench;
  bench.DeclareWait("wait", "q", 2'000, 60'000);
  bench.DeclareWait("wait", "q", 2'000, 60'000);
  CHECK(bench.closed() == 0);
  bench.DeclareWait("wait", "q", 3'000, 60'000);
  CHECK(bench.closed() == 406);
}

}  // namespace
}  // namespace amqp_sidecar::simulation
