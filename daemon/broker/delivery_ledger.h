// DeliveryLedger: the deliveries of one incarnation of a subscription, by delivery tag, and what
// became of each: so that a settlement goes to the broker once, or is refused here. io thread.
// Knows no channel: it says which frames to send. Knows no retries: it is told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "broker/types.h"

namespace amqp_sidecar::broker {

class DeliveryLedger {
 public:
  enum class Outcome {
    kOpen,            // nobody has settled it: it can be
    kRepeated,        // settled in the same way before
    kAlreadySettled,  // settled otherwise before, or so long ago that nobody remembers how
    kExpired,         // its time was up
    kUnknown,         // never delivered here
  };

  // What became of a delivery, as its consumer is to see it.
  enum class Mark : uint8_t { kOpen, kAcked, kNacked, kRejected, kExpired, kForgotten };

  // One settlement to send.
  struct Frame {
    Verb verb;
    uint64_t tag;
    bool multiple;
    bool operator==(const Frame&) const = default;
  };

  // A delivery that the broker counts as unsettled.
  struct Entry {
    std::shared_ptr<const ReceivedMessage> message;  // until it is settled
    base::TimePoint since;                           // when it came
    base::TimePoint deadline = base::kNever;
  };

  // How many settlements are remembered.
  static constexpr size_t kRemembered = 10'000;

  // `prefetch`: deliveries that the broker leaves unsettled at most.
  explicit DeliveryLedger(uint32_t prefetch) : window_(kRemembered + prefetch) {}

  // Tags come one after another, from 1, as the one consumer of a channel gets them.
  void Add(uint64_t tag, Entry entry);

  // Whether `verb` may still be done.
  Outcome Judge(uint64_t tag, Verb verb) const;

  // The rest is for a delivery that is kOpen.
  const Entry& entry(uint64_t tag) const { return open_.at(tag).entry; }
  void SetDeadline(uint64_t tag, base::TimePoint deadline);
  // The client was never handed it, and will not be.
  void Withhold(uint64_t tag);
  // Settled: the broker is to be told by `frame`.
  void Settle(uint64_t tag, Mark mark, Verb frame);
  // Settled, but the broker is not to be told before Release().
  void Hold(uint64_t tag, Mark mark);
  void Release(uint64_t tag, Verb frame);

  // What is kOpen and whose deadline is at `now` or before, earliest first.
  std::vector<uint64_t> Due(base::TimePoint now) const;
  // The earliest deadline of those that are kOpen.
  base::TimePoint NextDeadline() const { return due_.empty() ? base::kNever : due_.begin()->first; }

  // The frames for what was settled or released since the last call, in the order of their tags.
  // Acks (or nacks) of a run that begins at the oldest delivery go as one with `multiple`.
  std::vector<Frame> TakeFrames();
  bool HasFrames() const { return !to_send_.empty(); }

  // Those that the broker has not been told of, nor is about to.
  size_t unsettled() const { return open_.size() - to_send_.size(); }
  // Of these, those that somebody has still to settle.
  size_t awaited() const { return unsettled() - withheld_; }
  // Null where nothing is unsettled.
  const Entry* oldest() const;

 private:
  enum class Phase { kOpen, kHeld, kReady };
  struct Open {
    Entry entry;
    Phase phase = Phase::kOpen;
    Verb frame = Verb::kAck;
    bool withheld = false;
  };

  uint64_t next_tag() const { return first_tag_ + marks_.size(); }
  Mark MarkOf(uint64_t tag) const;
  void SetMark(uint64_t tag, Mark mark);
  void SetLateMark(uint64_t tag, Mark mark);
  Open& Close(uint64_t tag, Mark mark);
  void Ready(uint64_t tag, Open& open, Verb frame);

  // By tag; what the broker has not been told of.
  std::map<uint64_t, Open> open_;
  std::set<std::pair<base::TimePoint, uint64_t>> due_;
  size_t withheld_ = 0;
  // Ready, and not in TakeFrames() yet.
  std::vector<uint64_t> to_send_;

  // By tag, from first_tag_ on: the newest `window_` of all.
  size_t window_;
  std::deque<Mark> marks_;
  uint64_t first_tag_ = 1;
  // Of deliveries that were settled when they had left the window, with the order of it.
  std::map<uint64_t, Mark> late_marks_;
  std::deque<uint64_t> late_order_;
};

}  // namespace amqp_sidecar::broker
