// LaneQueue: the publishes that wait for a channel. Those of one stream, and the calls among
// themselves, go in the order in which they came; the streams and the calls take turns, so that
// nobody waits behind all that another has to send. io thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "broker/pending_publish.h"

namespace amqp_sidecar::broker {

class LaneQueue {
 public:
  // What one stream, or the calls, send before it is another's turn.
  static constexpr size_t kTurnMessages = 32;
  static constexpr size_t kTurnBytes = 64u << 10;

  void Push(PendingPublish& publish) { MoveTo(ListOf(publish), publish); }
  // Ahead of what came later by the same stream, or of later calls.
  void PushAgain(PendingPublish& publish) { MoveBack(ListOf(publish), publish); }

  // Whose turn it is; the caller takes it out of its list, or leaves it for the next time. Null
  // where nothing waits, or streams alone do and may not go.
  PendingPublish* Next(bool streams_may_go);

  void MoveAllTo(PublishList& to);
  bool empty() const;

 private:
  // Every second turn is the calls'.
  bool NextTurn(bool streams_may_go);
  bool TurnGoesOn(bool streams_may_go) const;
  PublishList& ListOf(const PendingPublish& publish) {
    return publish.stream == 0 ? calls_ : streams_[publish.stream];
  }

  PublishList calls_;
  std::map<uint64_t, PublishList> streams_;  // an empty one is dropped when its turn comes
  PublishList* turn_ = &calls_;
  uint64_t last_stream_ = 0;  // that had a turn
  size_t turn_messages_ = 0;
  size_t turn_bytes_ = 0;
};

}  // namespace amqp_sidecar::broker
