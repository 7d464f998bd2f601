#include "amqp/frame.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "amqp/wire.h"

namespace amqp_sidecar::amqp {
namespace {

bool IsFrameType(uint8_t type) { return type == 1 || type == 2 || type == 3 || type == 8; }

// Fewer bytes than these cannot be what the type says: a method has its number, a content header
// its class, weight, body size and property flags.
size_t LeastPayload(FrameType type) {
  switch (type) {
    case FrameType::kMethod:
      return 4;
    case FrameType::kHeader:
      return 14;
    case FrameType::kBody:
    case FrameType::kHeartbeat:
      return 0;
  }
  return 0;
}

}  // namespace

FrameReader::Result FrameReader::Next(Frame& frame) {
  if (buffer_is_used_up_) {
    buffer_.clear();
    buffer_is_used_up_ = false;
  }
  if (!error_.empty()) return Result::kMalformed;
  if (buffer_.empty() && input_.size() >= kFrameHeaderBytes) {
    const size_t size = FrameSize(input_);
    if (size == 0) return Result::kMalformed;
    if (input_.size() >= size) {
      const std::string_view whole = input_.substr(0, size);
      input_.remove_prefix(size);
      return Cut(whole, frame);
    }
  }
  if (!TopUp(kFrameHeaderBytes)) return Result::kNeedMore;
  const size_t size = FrameSize(buffer_);
  if (size == 0) return Result::kMalformed;
  if (!TopUp(size)) return Result::kNeedMore;
  buffer_is_used_up_ = true;
  return Cut(buffer_, frame);
}

size_t FrameReader::FrameSize(std::string_view bytes) {
  const auto type = ReadNumber<uint8_t>(bytes);
  if (!IsFrameType(type)) {
    error_ =
        bytes.substr(0, 4) == "AMQP"
            ? "the other side answered with a protocol header: it does not speak AMQP 0-9-1"
            : absl::StrCat("not an AMQP frame, it starts with \"",
                           absl::CHexEscape(std::string(bytes.substr(0, kFrameHeaderBytes))), "\"");
    return 0;
  }
  const size_t payload = ReadNumber<uint32_t>(bytes.substr(3));
  if (payload > frame_max_ - kFrameOverhead) {
    error_ = absl::StrCat("a frame of ", payload, " bytes, where ", frame_max_, " were agreed on");
    return 0;
  }
  if (payload < LeastPayload(static_cast<FrameType>(type))) {
    error_ = absl::StrCat("a frame of type ", type, " with ", payload, " bytes only");
    return 0;
  }
  return payload + kFrameOverhead;
}

bool FrameReader::TopUp(size_t size) {
  if (buffer_.size() < size) {
    const size_t take = std::min(size - buffer_.size(), input_.size());
    buffer_.append(input_.substr(0, take));
    input_.remove_prefix(take);
  }
  return buffer_.size() >= size;
}

FrameReader::Result FrameReader::Cut(std::string_view bytes, Frame& frame) {
  if (bytes.back() != kFrameEnd) {
    error_ = "a frame without the frame-end byte";
    return Result::kMalformed;
  }
  frame.type = static_cast<FrameType>(ReadNumber<uint8_t>(bytes));
  frame.channel = ReadNumber<uint16_t>(bytes.substr(1));
  frame.payload = bytes.substr(kFrameHeaderBytes, bytes.size() - kFrameOverhead);
  return Result::kFrame;
}

void AppendFrameHeader(std::string& out, FrameType type, uint16_t channel, size_t payload_bytes) {
  AppendNumber(out, static_cast<uint8_t>(type));
  AppendNumber(out, channel);
  AppendNumber(out, static_cast<uint32_t>(payload_bytes));
}

std::string HeartbeatFrame() {
  std::string frame;
  AppendFrameHeader(frame, FrameType::kHeartbeat, 0, 0);
  frame.push_back(kFrameEnd);
  return frame;
}

std::string_view ProtocolHeader() { return {"AMQP\x00\x00\x09\x01", 8}; }

}  // namespace amqp_sidecar::amqp
