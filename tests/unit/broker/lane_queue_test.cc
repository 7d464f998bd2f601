#include "broker/lane_queue.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "support/catch.h"

namespace amqp_sidecar::broker {
namespace {

class Queue {
 public:
  PendingPublish& Push(uint64_t stream, size_t body_bytes = 1) {
    PendingPublish& publish = arrived_.emplace_back();
    publish.home = &arrived_;
    publish.place = std::prev(arrived_.end());
    publish.id = ++last_id_;
    publish.stream = stream;
    publish.encoded.body = std::make_shared<const std::string>(body_bytes, 'x');
    queue_.Push(publish);
    return publish;
  }

  // The next one's stream and arrival, taken out; nothing where there is none.
  std::vector<uint64_t> Take(bool streams_may_go = true) {
    PendingPublish* const next = queue_.Next(streams_may_go);
    if (next == nullptr) return {};
    const std::vector<uint64_t> taken = {next->stream, next->id};
    MoveTo(gone_, *next);
    return taken;
  }

  // The streams of the next `count`.
  std::vector<uint64_t> Streams(size_t count) {
    std::vector<uint64_t> streams;
    for (size_t i = 0; i < count; ++i) streams.push_back(Take().at(0));
    return streams;
  }

  LaneQueue& operator*() { return queue_; }
  LaneQueue* operator->() { return &queue_; }
  PublishList& gone() { return gone_; }

 private:
  PublishList arrived_;
  PublishList gone_;
  LaneQueue queue_;
  uint64_t last_id_ = 0;
};

TEST_CASE("one stream's publishes keep their order, also those that come back") {
  Queue queue;
  for (int i = 0; i < 3; ++i) queue.Push(7);
  CHECK(queue.Take() == std::vector<uint64_t>{7, 1});
  queue->PushAgain(queue.gone().front());
  CHECK(queue.Take() == std::vector<uint64_t>{7, 1});
  CHECK(queue.Take() == std::vector<uint64_t>{7, 2});
  CHECK(queue.Take() == std::vector<uint64_t>{7, 3});
  CHECK(queue.Take().empty());
  CHECK(queue->empty());
}

TEST_CASE("a call has its turn after a turn of a stream, whatever the stream has waiting") {
  Queue queue;
  for (int i = 0; i < 1000; ++i) queue.Push(7);
  REQUIRE(queue.Take().at(0) == 7);
  queue.Push(0);
  const std::vector<uint64_t> next = queue.Streams(LaneQueue::kTurnMessages);
  CHECK(std::count(next.begin(), next.end(), 0) == 1);
}

TEST_CASE("streams take turns of as many messages, or of as many bytes") {
  Queue queue;
  for (const uint64_t stream : {1, 2, 3}) {
    for (int i = 0; i < 100; ++i) queue.Push(stream);
  }
  const std::vector<uint64_t> next = queue.Streams(3 * LaneQueue::kTurnMessages);
  for (const uint64_t stream : {1, 2, 3}) {
    CHECK(std::count(next.begin(), next.end(), stream) == LaneQueue::kTurnMessages);
  }

  Queue large;
  for (const uint64_t stream : {1, 2}) {
    for (int i = 0; i < 4; ++i) large.Push(stream, LaneQueue::kTurnBytes);
  }
  CHECK(large.Streams(4) == std::vector<uint64_t>{1, 2, 1, 2});
}

TEST_CASE("calls go where streams may not, and streams wait") {
  Queue queue;
  queue.Push(7);
  queue.Push(0);
  CHECK(queue.Take(false) == std::vector<uint64_t>{0, 2});
  CHECK(queue.Take(false).empty());
  CHECK_FALSE(queue->empty());
  CHECK(queue.Take(true) == std::vector<uint64_t>{7, 1});
}

TEST_CASE("a stream that was answered while it waited harms no other's turn") {
  Queue queue;
  PendingPublish& only = queue.Push(1);
  queue.Push(2);
  queue.Push(0);
  MoveTo(queue.gone(), only);
  CHECK(queue.Take() == std::vector<uint64_t>{0, 3});
  CHECK(queue.Take() == std::vector<uint64_t>{2, 2});
  CHECK(queue.Take().empty());
}

TEST_CASE("everything can be taken away at once, in the order of each") {
  Queue queue;
  for (const uint64_t stream : {1, 2, 0, 1, 2, 0}) queue.Push(stream);
  REQUIRE(queue.Take().at(0) == 0);
  PublishList all;
  queue->MoveAllTo(all);
  CHECK(all.size() == 5);
  CHECK(queue->empty());
  CHECK(queue.Take().empty());
}

}  // namespace
}  // namespace amqp_sidecar::broker
