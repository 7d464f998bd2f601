#include "amqp/outgoing_content.h"

#include <algorithm>

#include "amqp/wire.h"

namespace amqp_sidecar::amqp {
namespace {

// Copying so few bytes costs less than the slots that pointing at them takes.
constexpr size_t kSmallBody = 1024;

constexpr std::string_view kEnd("\xCE", 1);

void SetHeader(std::array<char, kFrameHeaderBytes>& header, uint16_t channel, size_t payload) {
  std::string bytes;
  AppendFrameHeader(bytes, FrameType::kBody, channel, payload);
  std::copy(bytes.begin(), bytes.end(), header.begin());
}

}  // namespace

OutgoingContent::OutgoingContent(uint16_t channel, const EncodedPublish& message,
                                 uint32_t frame_max)
    : channel_(channel),
      header_frame_at_(message.header_frame_at),
      head_bytes_(message.head.size()),
      chunk_(frame_max - kFrameOverhead) {
  const std::string& body = *message.body;
  const size_t frames = (body.size() + chunk_ - 1) / chunk_;
  bytes_ = head_bytes_ + body.size() + frames * kFrameOverhead;
  if (body.size() <= kSmallBody) head_.reserve(bytes_);
  head_ = message.head;
  PutNumber(head_, 1, channel);
  PutNumber(head_, header_frame_at_ + 1, channel);
  if (body.empty()) return;
  if (body.size() <= kSmallBody) {
    AppendFrameHeader(head_, FrameType::kBody, channel, body.size());
    head_ += body;
    head_.push_back(kFrameEnd);
    return;
  }
  body_ = message.body;
  SetHeader(full_header_, channel, chunk_);
  SetHeader(last_header_, channel, chunk_bytes(frames - 1));
}

size_t OutgoingContent::RestOfFrame() const {
  if (written_ == 0 || done()) return 0;
  if (written_ < header_frame_at_) return header_frame_at_ - written_;
  if (written_ < head_bytes_) {
    return written_ == header_frame_at_ ? 0 : head_bytes_ - written_;
  }
  const size_t in_body = written_ - head_bytes_;
  const size_t in_frame = in_body % (chunk_ + kFrameOverhead);
  if (in_frame == 0) return 0;
  return std::min(chunk_ + kFrameOverhead - in_frame, bytes_ - written_);
}

size_t OutgoingContent::Gather(size_t from, size_t to, std::span<iovec> slots, size_t& next) const {
  size_t used = 0;
  next = from;
  while (next < to && used < slots.size()) {
    const std::string_view piece = PieceAt(next).substr(0, to - next);
    // sendmsg only reads.
    slots[used++] = {const_cast<char*>(piece.data()), piece.size()};
    next += piece.size();
  }
  return used;
}

std::string_view OutgoingContent::PieceAt(size_t at) const {
  if (at < head_.size()) return std::string_view(head_).substr(at);
  const size_t in_body = at - head_bytes_;
  const size_t index = in_body / (chunk_ + kFrameOverhead);
  const size_t in_frame = in_body % (chunk_ + kFrameOverhead);
  const size_t payload = chunk_bytes(index);
  if (in_frame < kFrameHeaderBytes) {
    const auto& header = payload == chunk_ ? full_header_ : last_header_;
    return std::string_view(header.data(), header.size()).substr(in_frame);
  }
  if (in_frame < kFrameHeaderBytes + payload) {
    const size_t in_payload = in_frame - kFrameHeaderBytes;
    return std::string_view(*body_).substr(index * chunk_ + in_payload, payload - in_payload);
  }
  return kEnd;
}

size_t OutgoingContent::chunk_bytes(size_t index) const {
  return std::min(chunk_, body_->size() - index * chunk_);
}

}  // namespace amqp_sidecar::amqp
