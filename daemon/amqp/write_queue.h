// WriteQueue: what waits to be written on one connection. Control frames go ahead of publishes, at
// frame boundaries; but a channel whose publish is partly out gets no other frame before the end of
// that publish: the broker would close the connection. io thread. Writes nothing itself.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "amqp/outgoing_content.h"

namespace amqp_sidecar::amqp {

class WriteQueue {
 public:
  // Names something that wants to be told when it is written. 0 names nothing.
  using Token = uint64_t;

  void SetFrameMax(uint32_t frame_max) { frame_max_ = frame_max; }
  uint32_t frame_max() const { return frame_max_; }

  // Whole frames, of one channel.
  void PushControl(uint16_t channel, std::string_view frames, Token token = 0);
  // `token` is written once every control frame pushed before is; never, where what is pushed is
  // dropped.
  void PushBarrier(Token token);
  void PushPublish(uint16_t channel, const EncodedPublish& message);

  // Drops the publishes of a channel that are not started. Returns how many.
  size_t Withdraw(uint16_t channel);

  // `frame` goes behind everything that is here; what is pushed later is dropped.
  void PushLast(std::string_view frame);

  // Drops the publishes, but for the rest of a frame that is partly out; `frame` goes behind what
  // is left. What is pushed later is dropped.
  void Abandon(std::string_view frame);

  // Drops everything, now and later.
  void DropAll();

  bool empty() const;
  size_t control_bytes() const { return control_.size() - control_out_ + held_.size(); }

  // False from kPublishBytesHigh bytes of waiting publishes on, until kPublishBytesLow.
  bool has_room() const { return !full_; }

  // There was no room and there is again, since the last TakeRoom().
  bool room_is_news() const { return was_full_ && !full_; }
  void TakeRoom() { was_full_ = full_; }

  // See Connection::Gather.
  size_t Gather(std::span<iovec> slots) const;
  void MarkWritten(size_t bytes);

  // The tokens that are written and were not taken yet, in order.
  bool HasWrittenTokens() const;
  std::vector<Token> TakeWrittenTokens();

  static constexpr size_t kPublishBytesHigh = 256u << 10;
  static constexpr size_t kPublishBytesLow = 128u << 10;

 private:
  struct Mark {
    uint64_t end;  // as control_pushed_ counts
    Token token;
  };

  bool MidContent() const { return !publishes_.empty() && publishes_.front().started(); }
  size_t TakeControl(size_t bytes);
  size_t TakePublish(size_t bytes);
  void ReleaseHeld();
  void UpdateRoom();

  uint32_t frame_max_ = kFrameMax;

  std::string control_;
  size_t control_out_ = 0;       // of control_
  uint64_t control_pushed_ = 0;  // all that was ever put in control_
  std::deque<Mark> marks_;

  // Frames of the channel whose publish is partly out, until it is done. Their marks count from the
  // start of held_.
  std::string held_;
  std::vector<Mark> held_marks_;

  std::deque<OutgoingContent> publishes_;
  size_t publish_bytes_ = 0;  // not yet written
  bool full_ = false;
  bool was_full_ = false;

  bool sealed_ = false;
  std::string last_;
  size_t last_out_ = 0;
  // Publishes that came too late, by channel: Withdraw() counts them.
  std::map<uint16_t, size_t> late_;
};

}  // namespace amqp_sidecar::amqp
