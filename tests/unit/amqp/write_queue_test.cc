// WriteQueue under any order of calls, by a seed: what comes out keeps the promises of its header.
#include "amqp/write_queue.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "amqp/client_method_codec.h"
#include "amqp/rabbitmq_c.h"
#include "amqp/wire.h"
#include "rig.h"
#include "support/catch.h"

namespace amqp_sidecar::amqp {
namespace {

constexpr uint32_t kPublish = AMQP_BASIC_PUBLISH_METHOD;

class Exercise {
 public:
  explicit Exercise(uint32_t seed) : random_(seed) { queue_.SetFrameMax(4096); }

  void Run() {
    for (int i = 0; i < 300; ++i) Step();
    while (!queue_.empty()) Write(Pick(1, 5000));
    for (const WriteQueue::Token token : queue_.TakeWrittenTokens()) Told(token);
    CheckOutput();
    CHECK(owed_.empty());
  }

 private:
  size_t Pick(size_t low, size_t high) {
    return std::uniform_int_distribution<size_t>(low, high)(random_);
  }

  void Step() {
    const auto channel = static_cast<uint16_t>(Pick(1, 3));
    switch (Pick(0, 9)) {
      case 0:
      case 1:
        return Publish(channel);
      case 2:
      case 3:
        return Control(channel);
      case 4:
        return Barrier();
      case 5:
        return Withdraw(channel);
      default:
        return Write(Pick(0, 3) == 0 ? Pick(0, 20000) : Pick(0, 40));
    }
  }

  void Publish(uint16_t channel) {
    static constexpr size_t kSizes[] = {0, 1, 700, 1024, 1025, 4088, 4089, 9000};
    const int id = next_publish_++;
    queue_.PushPublish(channel, Message("", std::to_string(id), kSizes[Pick(0, 7)]));
    publishes_[channel].push_back(id);
  }

  void Control(uint16_t channel) {
    const uint64_t tag = acks_.size();
    acks_.push_back(AckFrame(channel, tag, false));
    // Some want to be told, as a method does.
    const WriteQueue::Token token = Pick(0, 1) == 0 ? 0 : 1 + tag;
    queue_.PushControl(channel, acks_.back(), token);
    if (token != 0) owed_.emplace(token, std::make_pair(tag, tag + 1));
  }

  void Barrier() {
    const WriteQueue::Token token = 1'000'000 + next_barrier_++;
    queue_.PushBarrier(token);
    owed_.emplace(token, std::make_pair(0, acks_.size()));
  }

  void Withdraw(uint16_t channel) {
    const size_t count = queue_.Withdraw(channel);
    REQUIRE(count <= publishes_[channel].size());
    publishes_[channel].resize(publishes_[channel].size() - count);
  }

  void Write(size_t bytes) {
    std::vector<iovec> slots(Pick(1, 9));
    const size_t used = queue_.Gather(slots);
    REQUIRE((used > 0) == !queue_.empty());
    size_t taken = 0;
    for (size_t i = 0; i < used && bytes > 0; ++i) {
      const size_t size = std::min(bytes, slots[i].iov_len);
      output_.append(static_cast<const char*>(slots[i].iov_base), size);
      taken += size;
      bytes -= size;
    }
    queue_.MarkWritten(taken);
    for (const WriteQueue::Token token : queue_.TakeWrittenTokens()) Told(token);
  }

  // Only what is out may be called written.
  void Told(WriteQueue::Token token) {
    const auto found = owed_.find(token);
    REQUIRE(found != owed_.end());
    const auto [from, to] = found->second;
    for (size_t tag = from; tag < to; ++tag) {
      if (output_.find(acks_[tag]) == std::string::npos) FAIL("told too soon of ack " << tag);
    }
    owed_.erase(found);
  }

  // Every control frame is there once, the publishes are there in order, and no content has a frame
  // of its own channel in its middle.
  void CheckOutput() {
    std::map<uint16_t, std::vector<int>> seen;
    std::map<uint16_t, uint64_t> missing;  // bytes of a content that is not complete
    std::set<uint16_t> wants_header;
    std::map<uint16_t, uint64_t> last_ack;
    size_t acks = 0;
    int last_id = -1;
    FrameReader reader;
    reader.Feed(output_);
    Frame frame;
    size_t bytes = 0;
    while (reader.Next(frame) == FrameReader::Result::kFrame) {
      bytes += frame.payload.size() + kFrameOverhead;
      REQUIRE(frame.payload.size() <= 4088);
      const uint16_t channel = frame.channel;
      if (frame.type == FrameType::kHeader) {
        REQUIRE(wants_header.erase(channel) == 1);
        missing[channel] = ReadNumber<uint64_t>(frame.payload.substr(4));
      } else if (frame.type == FrameType::kBody) {
        REQUIRE(missing[channel] >= frame.payload.size());
        missing[channel] -= frame.payload.size();
      } else {
        REQUIRE(missing[channel] == 0);
        REQUIRE(!wants_header.contains(channel));
        if (ReadNumber<uint32_t>(frame.payload) == kPublish) {
          // Behind the method, ticket and exchange: the routing key.
          const std::string key(frame.payload.substr(8, static_cast<size_t>(frame.payload[7])));
          const int id = std::stoi(key);
          REQUIRE(id > last_id);
          last_id = id;
          seen[channel].push_back(id);
          wants_header.insert(channel);
        } else {
          const uint64_t tag = ReadNumber<uint64_t>(frame.payload.substr(4));
          REQUIRE((last_ack.count(channel) == 0 || last_ack[channel] < tag));
          last_ack[channel] = tag;
          ++acks;
        }
      }
    }
    CHECK(bytes == output_.size());
    CHECK(acks == acks_.size());
    for (uint16_t channel = 1; channel <= 3; ++channel) {
      CHECK(missing[channel] == 0);
      CHECK(seen[channel] == publishes_[channel]);
    }
  }

  std::mt19937 random_;
  WriteQueue queue_;
  std::string output_;
  std::map<uint16_t, std::vector<int>> publishes_;
  int next_publish_ = 0;
  std::vector<std::string> acks_;
  size_t next_barrier_ = 0;
  // The acks that must be out when a token is told.
  std::map<WriteQueue::Token, std::pair<size_t, size_t>> owed_;
};

TEST_CASE("whatever the order of calls, the queue of writes keeps its promises") {
  for (uint32_t seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    Exercise(seed).Run();
  }
}

}  // namespace
}  // namespace amqp_sidecar::amqp
