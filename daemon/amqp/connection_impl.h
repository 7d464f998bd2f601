// ConnectionImpl: what is behind Connection: takes frames apart by channel, keeps the states of the
// connection, and decides what is due when. io thread. The handshake, the channels, the queue of
// writes and the clocks are classes of their own.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "amqp/channel_impl.h"
#include "amqp/channel_table.h"
#include "amqp/connection.h"
#include "amqp/frame.h"
#include "amqp/handshake.h"
#include "amqp/heartbeat.h"
#include "amqp/operation_clock.h"
#include "amqp/server_method_codec.h"
#include "amqp/write_queue.h"

namespace amqp_sidecar::amqp {

class ConnectionImpl final : public Connection, public ChannelHost {
 public:
  ConnectionImpl(const Options& options, Listener& listener);
  ~ConnectionImpl() override;

  // Connection:
  void Start(base::TimePoint now) override;
  void Receive(std::string_view bytes, base::TimePoint now) override;
  bool HasOutput() const override { return !out_.empty(); }
  size_t Gather(std::span<iovec> slots) override { return out_.Gather(slots); }
  void MarkWritten(size_t bytes, base::TimePoint now) override;
  base::TimePoint NextDeadline() const override;
  void OnTick(base::TimePoint now) override;
  void PipeClosed(std::string_view why) override;
  void Close(base::TimePoint now) override;
  bool ready() const override { return state_ == State::kReady; }
  bool blocked() const override { return blocked_; }
  Channel* OpenChannel(Channel::Listener& listener) override;
  size_t channels_open() const override { return channels_.open(); }
  size_t channels_max() const override { return channels_.max(); }
  base::Duration OperationTime(base::TimePoint now) const override { return operations_.At(now); }
  uint32_t frame_max() const override { return out_.frame_max(); }
  bool PublishQueueHasRoom() const override { return out_.has_room(); }
  void NotifyWritten(absl::AnyInvocable<void(bool)> written) override;

 private:
  enum class State { kNew, kHandshake, kReady, kClosing, kClosed };

  // Lives as long as a call from outside: channels that ended during it are destroyed at its end.
  class Entry;

  // ChannelHost:
  WriteQueue& out() override { return out_; }
  WriteQueue::Token MethodToken(const ChannelImpl& channel) override;
  void CountMethods(int change) override { methods_waiting_ += change; }
  void CloseFromHere(ChannelImpl& channel) override;

  // Frames.
  void OnFrame(const Frame& frame);
  void OnConnectionMethod(const ServerMethod& method);
  void OnReadyMethod(const ServerMethod& method);
  void OnChannelFrame(const Frame& frame);
  void OnOpenChannelFrame(const Frame& frame, ChannelImpl& channel);
  void OnChannelMethod(ChannelTable::Slot& slot, uint16_t number, ServerMethod method);
  void OnChannelClose(ChannelTable::Slot& slot, uint16_t number, const ChannelClose& close);
  void OnClosingChannelMethod(ChannelTable::Slot& slot, uint16_t number,
                              const ServerMethod& method);

  // What is due.
  base::TimePoint MethodsDue() const;
  void EndOverdueChannels();
  void RunClocks();
  void AfterEntry();
  void TellWritten();

  // Takes the channel from its number, which is in quarantine until the broker answers.
  void Quarantine(uint16_t number);
  // Ends a channel that is open; channel.close goes to the broker.
  void EndChannel(uint16_t number, const Failure& failure, uint16_t code);
  void Violated(const Violation& violation);
  // Ends everything. `goodbye` is the frame that is still to be written; where there is none,
  // nothing is.
  void End(const Failure& failure, std::string_view goodbye);

  // Constant after construction.
  const Options options_;
  Listener& listener_;

  State state_ = State::kNew;
  base::TimePoint now_;
  base::TimePoint deadline_ = base::kNever;  // of the handshake, or of the goodbye

  FrameReader reader_;
  ServerMethodDecoder decoder_;
  Handshake handshake_;
  WriteQueue out_;
  Heartbeat heartbeat_;
  OperationClock operations_;
  bool blocked_ = false;
  bool stalled_ = false;  // the pipe took less than there was

  ChannelTable channels_;
  int methods_waiting_ = 0;  // on all channels; most of the time none
  uint64_t next_incarnation_ = 1;
  std::map<WriteQueue::Token, absl::AnyInvocable<void(bool)>> barriers_;
  uint64_t next_barrier_ = 1;

  int depth_ = 0;
  std::vector<std::unique_ptr<ChannelImpl>> ended_channels_;
};

}  // namespace amqp_sidecar::amqp
