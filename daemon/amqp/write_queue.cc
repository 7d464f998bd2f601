#include "amqp/write_queue.h"

#include <algorithm>
#include <utility>

namespace amqp_sidecar::amqp {
namespace {

// Written bytes at the front of the control buffer are cut off when they are this many, and most of
// it: moving what is left costs no more than writing it did.
constexpr size_t kCompactAt = 64u << 10;

}  // namespace

void WriteQueue::PushControl(uint16_t channel, std::string_view frames, Token token) {
  if (sealed_) return;
  if (MidContent() && publishes_.front().channel() == channel) {
    held_ += frames;
    if (token != 0) held_marks_.push_back({held_.size(), token});
    return;
  }
  control_ += frames;
  control_pushed_ += frames.size();
  if (token != 0) marks_.push_back({control_pushed_, token});
}

void WriteQueue::PushBarrier(Token token) {
  if (sealed_) return;
  if (held_.empty()) {
    marks_.push_back({control_pushed_, token});
  } else {
    // What is held goes behind all other control frames that are here.
    held_marks_.push_back({held_.size(), token});
  }
}

void WriteQueue::PushPublish(uint16_t channel, const EncodedPublish& message) {
  if (sealed_) {
    ++late_[channel];
    return;
  }
  publishes_.emplace_back(channel, message, frame_max_);
  publish_bytes_ += publishes_.back().bytes();
  UpdateRoom();
}

size_t WriteQueue::Withdraw(uint16_t channel) {
  size_t count = 0;
  if (const auto late = late_.find(channel); late != late_.end()) {
    count = late->second;
    late_.erase(late);
  }
  count += std::erase_if(publishes_, [&](const OutgoingContent& publish) {
    if (publish.channel() != channel || publish.started()) return false;
    publish_bytes_ -= publish.bytes();
    return true;
  });
  UpdateRoom();
  return count;
}

void WriteQueue::PushLast(std::string_view frame) {
  if (sealed_) return;
  sealed_ = true;
  last_ = frame;
}

void WriteQueue::DropAll() {
  Abandon({});
  control_.clear();
  last_.clear();
  last_out_ = 0;
}

void WriteQueue::Abandon(std::string_view frame) {
  std::string rest;
  if (MidContent()) {
    const OutgoingContent& publish = publishes_.front();
    const size_t end = publish.written() + publish.RestOfFrame();
    for (size_t at = publish.written(); at < end;) {
      iovec slot{};
      publish.Gather(at, end, {&slot, 1}, at);
      rest.append(static_cast<const char*>(slot.iov_base), slot.iov_len);
    }
  }
  publishes_.clear();
  publish_bytes_ = 0;
  held_.clear();
  held_marks_.clear();
  marks_.clear();
  // A frame is partly out of one of the two at most, so one of the two is at a boundary.
  control_ = rest + control_.substr(control_out_);
  control_out_ = 0;
  sealed_ = true;
  // A goodbye that is partly out is not replaced.
  if (last_out_ == 0) last_ = frame;
}

bool WriteQueue::empty() const {
  return control_out_ == control_.size() && publishes_.empty() && held_.empty() &&
         last_out_ == last_.size();
}

size_t WriteQueue::Gather(std::span<iovec> slots) const {
  size_t used = 0;
  size_t at = 0;  // in the first publish
  if (MidContent()) {
    const OutgoingContent& publish = publishes_.front();
    at = publish.written();
    const size_t end = at + publish.RestOfFrame();
    used += publish.Gather(at, end, slots, at);
    if (at < end) return used;
  }
  if (control_out_ < control_.size()) {
    if (used == slots.size()) return used;
    slots[used++] = {const_cast<char*>(control_.data()) + control_out_,
                     control_.size() - control_out_};
  }
  for (const OutgoingContent& publish : publishes_) {
    used += publish.Gather(at, publish.bytes(), slots.subspan(used), at);
    if (at < publish.bytes()) return used;
    // What is held comes next, and becomes a control frame only when this publish is out.
    if (!held_.empty()) return used;
    at = 0;
  }
  if (last_out_ < last_.size() && used < slots.size()) {
    slots[used++] = {const_cast<char*>(last_.data()) + last_out_, last_.size() - last_out_};
  }
  return used;
}

void WriteQueue::MarkWritten(size_t bytes) {
  if (MidContent()) {
    bytes -= TakePublish(std::min(bytes, publishes_.front().RestOfFrame()));
  }
  bytes -= TakeControl(bytes);
  while (bytes > 0 && !publishes_.empty()) bytes -= TakePublish(bytes);
  last_out_ += bytes;
  UpdateRoom();
}

size_t WriteQueue::TakeControl(size_t bytes) {
  const size_t taken = std::min(bytes, control_.size() - control_out_);
  control_out_ += taken;
  if (control_out_ == control_.size()) {
    control_.clear();
    control_out_ = 0;
  } else if (control_out_ >= std::max(kCompactAt, control_.size() / 2)) {
    control_.erase(0, control_out_);
    control_out_ = 0;
  }
  return taken;
}

size_t WriteQueue::TakePublish(size_t bytes) {
  OutgoingContent& publish = publishes_.front();
  const size_t taken = std::min(bytes, publish.bytes() - publish.written());
  publish.MarkWritten(taken);
  publish_bytes_ -= taken;
  if (publish.done()) {
    publishes_.pop_front();
    ReleaseHeld();
  }
  return taken;
}

void WriteQueue::ReleaseHeld() {
  for (const Mark& mark : held_marks_) marks_.push_back({control_pushed_ + mark.end, mark.token});
  control_ += held_;
  control_pushed_ += held_.size();
  held_marks_.clear();
  held_.clear();
}

void WriteQueue::UpdateRoom() {
  if (publish_bytes_ >= kPublishBytesHigh) full_ = was_full_ = true;
  if (publish_bytes_ <= kPublishBytesLow) full_ = false;
}

bool WriteQueue::HasWrittenTokens() const {
  const uint64_t written = control_pushed_ - (control_.size() - control_out_);
  return !marks_.empty() && marks_.front().end <= written;
}

std::vector<WriteQueue::Token> WriteQueue::TakeWrittenTokens() {
  std::vector<Token> tokens;
  while (HasWrittenTokens()) {
    tokens.push_back(marks_.front().token);
    marks_.pop_front();
  }
  return tokens;
}

}  // namespace amqp_sidecar::amqp
