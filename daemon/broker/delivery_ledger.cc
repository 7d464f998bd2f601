#include "broker/delivery_ledger.h"

#include <algorithm>
#include <cassert>

namespace amqp_sidecar::broker {

void DeliveryLedger::Add(uint64_t tag) {
  assert(tag == next_tag());
  (void)tag;
  states_.push_back(State::kUnsettled);
  ++unsettled_;
}

DeliveryLedger::State DeliveryLedger::After(Verb verb) {
  switch (verb) {
    case Verb::kAck:
      return State::kAcked;
    case Verb::kNack:
      return State::kNacked;
    case Verb::kReject:
      return State::kRejected;
  }
  return State::kRejected;
}

Verb DeliveryLedger::VerbOf(State state) {
  switch (state) {
    case State::kAcked:
      return Verb::kAck;
    case State::kNacked:
      return Verb::kNack;
    case State::kUnsettled:
    case State::kRejected:
      return Verb::kReject;
  }
  return Verb::kReject;
}

DeliveryLedger::Outcome DeliveryLedger::Settle(uint64_t tag, Verb verb) {
  if (tag == 0 || tag >= next_tag()) return Outcome::kUnknown;
  if (tag < first_tag_) return Outcome::kAlreadySettled;
  State& state = StateOf(tag);
  if (state == After(verb)) return Outcome::kRepeated;
  if (state != State::kUnsettled) return Outcome::kAlreadySettled;
  state = After(verb);
  --unsettled_;
  to_send_.push_back(tag);
  return Outcome::kTaken;
}

std::vector<DeliveryLedger::Frame> DeliveryLedger::TakeFrames() {
  std::vector<Frame> frames;
  std::sort(to_send_.begin(), to_send_.end());
  for (size_t i = 0; i < to_send_.size();) {
    const uint64_t tag = to_send_[i];
    const State state = StateOf(tag);
    const Verb verb = VerbOf(state);
    size_t end = i + 1;
    // Everything before `tag` is settled and sent: one frame may speak for a whole run.
    if (tag == oldest_unsent_ && verb != Verb::kReject) {
      while (end < to_send_.size() && to_send_[end] == to_send_[end - 1] + 1 &&
             StateOf(to_send_[end]) == state) {
        ++end;
      }
    }
    frames.push_back({verb, to_send_[end - 1], end - i > 1});
    if (tag == oldest_unsent_) {
      oldest_unsent_ = to_send_[end - 1] + 1;
      SkipSent(end < to_send_.size() ? to_send_[end] : next_tag());
    }
    i = end;
  }
  to_send_.clear();
  Forget();
  return frames;
}

void DeliveryLedger::SkipSent(uint64_t end) {
  while (oldest_unsent_ < end && StateOf(oldest_unsent_) != State::kUnsettled) ++oldest_unsent_;
}

void DeliveryLedger::Forget() {
  while (first_tag_ + kRemembered < oldest_unsent_) {
    states_.pop_front();
    ++first_tag_;
  }
}

}  // namespace amqp_sidecar::broker
