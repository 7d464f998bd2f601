#include "broker/lane_queue.h"

#include <algorithm>

namespace amqp_sidecar::broker {

PendingPublish* LaneQueue::Next(bool streams_may_go) {
  if (!TurnGoesOn(streams_may_go) && !NextTurn(streams_may_go)) return nullptr;
  PendingPublish& next = turn_->front();
  ++turn_messages_;
  turn_bytes_ += next.encoded.bytes();
  return &next;
}

bool LaneQueue::TurnGoesOn(bool streams_may_go) const {
  return !turn_->empty() && (streams_may_go || turn_ == &calls_) &&
         turn_messages_ < kTurnMessages && turn_bytes_ < kTurnBytes;
}

bool LaneQueue::NextTurn(bool streams_may_go) {
  turn_messages_ = 0;
  turn_bytes_ = 0;
  const bool was_calls = turn_ == &calls_;
  turn_ = &calls_;
  if (!calls_.empty() && !was_calls) return true;
  while (streams_may_go && !streams_.empty()) {
    auto stream = streams_.upper_bound(last_stream_);
    if (stream == streams_.end()) stream = streams_.begin();
    if (stream->second.empty()) {
      streams_.erase(stream);
      continue;
    }
    last_stream_ = stream->first;
    turn_ = &stream->second;
    return true;
  }
  return !calls_.empty();
}

void LaneQueue::MoveAllTo(PublishList& to) {
  MoveAll(to, calls_);
  for (auto& [stream, waiting] : streams_) MoveAll(to, waiting);
  streams_.clear();
  turn_ = &calls_;
}

bool LaneQueue::empty() const {
  return calls_.empty() &&
         std::ranges::all_of(streams_, [](const auto& stream) { return stream.second.empty(); });
}

}  // namespace amqp_sidecar::broker
