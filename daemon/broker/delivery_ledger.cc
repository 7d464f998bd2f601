#include "broker/delivery_ledger.h"

#include <algorithm>
#include <cassert>

namespace amqp_sidecar::broker {
namespace {

using Mark = DeliveryLedger::Mark;

Mark MarkFor(Verb verb) {
  switch (verb) {
    case Verb::kAck:
      return Mark::kAcked;
    case Verb::kNack:
      return Mark::kNacked;
    case Verb::kReject:
      return Mark::kRejected;
  }
  return Mark::kRejected;
}

}  // namespace

void DeliveryLedger::Add(uint64_t tag, Entry entry) {
  assert(tag == next_tag());
  if (entry.deadline != base::kNever) due_.emplace(entry.deadline, tag);
  open_.emplace_hint(open_.end(), tag, Open{std::move(entry)});
  marks_.push_back(Mark::kOpen);
  while (marks_.size() > window_) {
    const Mark mark = marks_.front();
    marks_.pop_front();
    const uint64_t gone = first_tag_++;
    if (mark != Mark::kOpen && open_.contains(gone)) SetLateMark(gone, mark);
  }
}

Mark DeliveryLedger::MarkOf(uint64_t tag) const {
  if (tag >= first_tag_) return marks_[static_cast<size_t>(tag - first_tag_)];
  if (const auto late = late_marks_.find(tag); late != late_marks_.end()) return late->second;
  const auto open = open_.find(tag);
  return open != open_.end() && open->second.phase == Phase::kOpen ? Mark::kOpen : Mark::kForgotten;
}

void DeliveryLedger::SetMark(uint64_t tag, Mark mark) {
  if (tag >= first_tag_) {
    marks_[static_cast<size_t>(tag - first_tag_)] = mark;
  } else {
    SetLateMark(tag, mark);
  }
}

void DeliveryLedger::SetLateMark(uint64_t tag, Mark mark) {
  late_marks_[tag] = mark;
  late_order_.push_back(tag);
  if (late_order_.size() > window_) {
    late_marks_.erase(late_order_.front());
    late_order_.pop_front();
  }
}

DeliveryLedger::Outcome DeliveryLedger::Judge(uint64_t tag, Verb verb) const {
  if (tag == 0 || tag >= next_tag()) return Outcome::kUnknown;
  const Mark mark = MarkOf(tag);
  if (mark == Mark::kOpen) return Outcome::kOpen;
  if (mark == Mark::kExpired) return Outcome::kExpired;
  return mark == MarkFor(verb) ? Outcome::kRepeated : Outcome::kAlreadySettled;
}

void DeliveryLedger::SetDeadline(uint64_t tag, base::TimePoint deadline) {
  Entry& entry = open_.at(tag).entry;
  due_.erase({entry.deadline, tag});
  entry.deadline = deadline;
  if (deadline != base::kNever) due_.emplace(deadline, tag);
}

void DeliveryLedger::Withhold(uint64_t tag) {
  Open& open = open_.at(tag);
  SetDeadline(tag, base::kNever);
  if (!std::exchange(open.withheld, true)) ++withheld_;
}

DeliveryLedger::Open& DeliveryLedger::Close(uint64_t tag, Mark mark) {
  Open& open = open_.at(tag);
  assert(open.phase == Phase::kOpen);
  if (open.entry.deadline != base::kNever) due_.erase({open.entry.deadline, tag});
  if (std::exchange(open.withheld, false)) --withheld_;
  SetMark(tag, mark);
  return open;
}

void DeliveryLedger::Ready(uint64_t tag, Open& open, Verb frame) {
  open.phase = Phase::kReady;
  // Not before: a stream goes on from the oldest that is not settled.
  open.entry.message.reset();
  open.frame = frame;
  to_send_.push_back(tag);
}

void DeliveryLedger::Settle(uint64_t tag, Mark mark, Verb frame) {
  Ready(tag, Close(tag, mark), frame);
}

void DeliveryLedger::Hold(uint64_t tag, Mark mark) { Close(tag, mark).phase = Phase::kHeld; }

void DeliveryLedger::Release(uint64_t tag, Verb frame) {
  Open& open = open_.at(tag);
  assert(open.phase == Phase::kHeld);
  Ready(tag, open, frame);
}

std::vector<uint64_t> DeliveryLedger::Due(base::TimePoint now) const {
  std::vector<uint64_t> tags;
  for (const auto& [deadline, tag] : due_) {
    if (deadline > now) break;
    tags.push_back(tag);
  }
  return tags;
}

const DeliveryLedger::Entry* DeliveryLedger::oldest() const {
  for (const auto& [tag, open] : open_) {
    if (open.phase != Phase::kReady) return &open.entry;
  }
  return nullptr;
}

std::vector<DeliveryLedger::Frame> DeliveryLedger::TakeFrames() {
  std::vector<Frame> frames;
  // Everything before these is settled and sent: one frame may speak for a whole run.
  while (!open_.empty() && open_.begin()->second.phase == Phase::kReady) {
    const Verb verb = open_.begin()->second.frame;
    auto end = open_.begin();
    uint64_t last = 0;
    size_t count = 0;
    do {
      last = end->first;
      ++count;
      ++end;
    } while (verb != Verb::kReject && end != open_.end() && end->second.phase == Phase::kReady &&
             end->second.frame == verb);
    frames.push_back({verb, last, count > 1});
    open_.erase(open_.begin(), end);
  }
  std::sort(to_send_.begin(), to_send_.end());
  for (const uint64_t tag : to_send_) {
    const auto open = open_.find(tag);
    if (open == open_.end()) continue;
    frames.push_back({open->second.frame, tag, false});
    open_.erase(open);
  }
  to_send_.clear();
  return frames;
}

}  // namespace amqp_sidecar::broker
