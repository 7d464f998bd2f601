// Frames: the envelope of everything on the wire after the protocol header. FrameReader cuts a byte
// stream, torn anywhere, into frames, and buffers no more than one frame of the size agreed on.
// Pure. Knows nothing of what is in them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "amqp/publish.h"

namespace amqp_sidecar::amqp {

enum class FrameType : uint8_t { kMethod = 1, kHeader = 2, kBody = 3, kHeartbeat = 8 };

struct Frame {
  FrameType type = FrameType::kHeartbeat;
  uint16_t channel = 0;
  std::string_view payload;
};

inline constexpr size_t kFrameHeaderBytes = 7;
inline constexpr size_t kFrameOverhead = kFrameHeaderBytes + 1;
inline constexpr char kFrameEnd = '\xCE';
// AMQP 0-9-1 lets nobody agree on less.
inline constexpr uint32_t kFrameMin = 4096;

class FrameReader {
 public:
  enum class Result { kFrame, kNeedMore, kMalformed };

  // Until it is told otherwise: kFrameMax.
  void SetFrameMax(uint32_t frame_max) { frame_max_ = frame_max; }

  // Takes `bytes` as what comes next. They must stay until Next() has said kNeedMore, which it must
  // have before the next call.
  void Feed(std::string_view bytes) { input_ = bytes; }

  // The next frame, whose payload holds until the next call. After kMalformed: error() says why,
  // and the stream cannot be read on.
  Result Next(Frame& frame);

  const std::string& error() const { return error_; }

 private:
  // The size of the frame that starts with `bytes`, at least kFrameHeaderBytes of them; 0, and
  // error_, where it cannot be one.
  size_t FrameSize(std::string_view bytes);
  // Moves input to the buffer until it holds `size` bytes. False: the input ran out.
  bool TopUp(size_t size);
  Result Cut(std::string_view bytes, Frame& frame);

  uint32_t frame_max_ = kFrameMax;
  std::string_view input_;
  std::string buffer_;  // the beginning of a frame whose end has not come
  bool buffer_is_used_up_ = false;
  std::string error_;
};

// The header of a frame of `payload_bytes`, appended to `out`.
void AppendFrameHeader(std::string& out, FrameType type, uint16_t channel, size_t payload_bytes);

std::string HeartbeatFrame();

// "AMQP" 0 0 9 1: what a client says first.
std::string_view ProtocolHeader();

}  // namespace amqp_sidecar::amqp
