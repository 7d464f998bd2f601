// DeliveryLedger: the deliveries of one incarnation of a subscription, by delivery tag, and what
// became of each: so that a settlement goes to the broker once, or is refused here. io thread.
// Knows no channel: it says which frames to send.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "broker/types.h"

namespace amqp_sidecar::broker {

class DeliveryLedger {
 public:
  enum class Outcome {
    kTaken,           // it counts, and is in the next Frames()
    kRepeated,        // settled in the same way before
    kAlreadySettled,  // settled otherwise before, or so long ago that nobody remembers how
    kUnknown,         // never delivered here
  };

  // One settlement to send.
  struct Frame {
    Verb verb;
    uint64_t tag;
    bool multiple;
    bool operator==(const Frame&) const = default;
  };

  // How many settlements are remembered behind the oldest unsettled delivery.
  static constexpr size_t kRemembered = 10'000;

  // Tags come one after another, from 1, as the one consumer of a channel gets them.
  void Add(uint64_t tag);

  Outcome Settle(uint64_t tag, Verb verb);

  // The frames for what was settled since the last call, in the order of their tags. Acks (or
  // nacks) of a run that begins at the oldest delivery not yet sent go as one with `multiple`.
  std::vector<Frame> TakeFrames();
  bool HasFrames() const { return !to_send_.empty(); }

  size_t unsettled() const { return unsettled_; }

 private:
  enum class State : uint8_t { kUnsettled, kAcked, kNacked, kRejected };

  static State After(Verb verb);
  static Verb VerbOf(State state);
  State& StateOf(uint64_t tag) { return states_[static_cast<size_t>(tag - first_tag_)]; }
  uint64_t next_tag() const { return first_tag_ + states_.size(); }
  // Moves oldest_unsent_ past what was sent one by one before, up to `end`.
  void SkipSent(uint64_t end);
  void Forget();

  // By tag, from first_tag_ on.
  std::deque<State> states_;
  uint64_t first_tag_ = 1;
  // Every delivery before it is settled and sent.
  uint64_t oldest_unsent_ = 1;
  size_t unsettled_ = 0;
  // Settled, and not in Frames() yet.
  std::vector<uint64_t> to_send_;
};

}  // namespace amqp_sidecar::broker
