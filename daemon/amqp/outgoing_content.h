// OutgoingContent: one publish on its way to the pipe: where its frames begin and end, and how much
// of it is out. io thread. Knows nothing of other publishes.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "amqp/frame.h"
#include "amqp/publish.h"

namespace amqp_sidecar::amqp {

class OutgoingContent {
 public:
  // The body is shared, not copied, unless it is small.
  OutgoingContent(uint16_t channel, const EncodedPublish& message, uint32_t frame_max);

  uint16_t channel() const { return channel_; }
  size_t bytes() const { return bytes_; }
  size_t written() const { return written_; }
  bool started() const { return written_ > 0; }
  bool done() const { return written_ == bytes_; }

  // The bytes that are missing of the frame that is partly out; 0 between frames.
  size_t RestOfFrame() const;

  // Points slots at the bytes from `from` up to, not including, `to`; returns how many slots it
  // took. `next` is where it ended: before `to` only where the slots ran out.
  size_t Gather(size_t from, size_t to, std::span<iovec> slots, size_t& next) const;

  void MarkWritten(size_t bytes) { written_ += bytes; }

 private:
  // What lies at `at`, as far as it is in one piece.
  std::string_view PieceAt(size_t at) const;

  size_t chunk_bytes(size_t index) const;

  uint16_t channel_;
  size_t header_frame_at_;
  size_t head_bytes_;
  std::string head_;                         // with a small body, all of it
  std::shared_ptr<const std::string> body_;  // null where `head_` has all
  size_t chunk_;                             // the body bytes of a full frame
  size_t bytes_;
  size_t written_ = 0;
  // The headers of the body frames: of a full one, and of the last.
  std::array<char, kFrameHeaderBytes> full_header_{};
  std::array<char, kFrameHeaderBytes> last_header_{};
};

}  // namespace amqp_sidecar::amqp
