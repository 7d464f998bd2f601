// What ConnectionImpl does with each frame that comes: by channel, and by the state of the channel.
#include <utility>

#include "absl/strings/str_cat.h"
#include "amqp/client_method_codec.h"
#include "amqp/connection_impl.h"
#include "base/planted.h"

namespace amqp_sidecar::amqp {

void ConnectionImpl::OnFrame(const Frame& frame) {
  if (frame.type == FrameType::kHeartbeat) {
    if (frame.channel != 0 || !frame.payload.empty()) {
      Violated({kReplyFrameError, "a heartbeat with a channel or a payload"});
    }
    return;
  }
  if (frame.channel != 0) return OnChannelFrame(frame);
  if (frame.type != FrameType::kMethod) {
    return Violated({kReplyCommandInvalid, "a content on channel 0"});
  }
  const auto decoded = decoder_.Decode(frame.payload);
  if (const auto* violation = std::get_if<Violation>(&decoded)) return Violated(*violation);
  OnConnectionMethod(std::get<ServerMethod>(decoded));
}

void ConnectionImpl::OnConnectionMethod(const ServerMethod& method) {
  if (const auto* close = std::get_if<ConnectionClose>(&method)) {
    return End({Failure::Kind::kClosedByBroker, close->code, close->text},
               ConnectionCloseOkFrame());
  }
  const auto* ok = std::get_if<MethodOk>(&method);
  if (state_ == State::kClosing && ok != nullptr && ok->method == OkMethod::kConnectionCloseOk) {
    return End({Failure::Kind::kClosedHere, 0, "closed"}, {});
  }
  if (handshake_.done()) return OnReadyMethod(method);
  // The goodbye came before the end of the handshake.
  if (state_ == State::kClosing) return;

  if (const auto violation = handshake_.OnMethod(method, out_)) return Violated(*violation);
  if (handshake_.tuned()) reader_.SetFrameMax(handshake_.agreed().frame_max);
  if (!handshake_.done()) return;
  state_ = State::kReady;
  deadline_ = base::kNever;
  channels_.SetMax(handshake_.agreed().channel_max);
  heartbeat_.Start(std::chrono::seconds(handshake_.agreed().heartbeat), now_);
  listener_.OnReady(handshake_.server());
}

void ConnectionImpl::OnReadyMethod(const ServerMethod& method) {
  if (const auto* blocked = std::get_if<ConnectionBlocked>(&method)) {
    if (std::exchange(blocked_, true)) return;
    RunClocks();
    return listener_.OnBlocked(blocked->reason);
  }
  if (std::holds_alternative<ConnectionUnblocked>(method)) {
    if (!std::exchange(blocked_, false)) return;
    RunClocks();
    return listener_.OnUnblocked();
  }
  Violated({kReplyCommandInvalid, "a method out of turn on channel 0"});
}

void ConnectionImpl::OnChannelFrame(const Frame& frame) {
  ChannelTable::Slot* slot = channels_.Find(frame.channel);
  if (slot == nullptr) {
    return Violated(
        {kReplyChannelError, absl::StrCat("a frame on channel ", frame.channel, ", never opened")});
  }
  if (frame.type == FrameType::kMethod) {
    auto decoded = decoder_.Decode(frame.payload);
    if (const auto* violation = std::get_if<Violation>(&decoded)) return Violated(*violation);
    return OnChannelMethod(*slot, frame.channel, std::get<ServerMethod>(std::move(decoded)));
  }
  // Contents still come on a channel that we have closed, until the broker has seen it.
  if (slot->state == ChannelTable::State::kOpen) OnOpenChannelFrame(frame, *slot->channel);
}

void ConnectionImpl::OnOpenChannelFrame(const Frame& frame, ChannelImpl& channel) {
  std::optional<Violation> violation;
  if (frame.type == FrameType::kHeader) {
    auto decoded = DecodeContentHeader(frame.payload);
    if (auto* bad = std::get_if<Violation>(&decoded)) {
      violation = std::move(*bad);
    } else {
      violation = channel.OnHeader(std::get<ContentHeader>(std::move(decoded)));
    }
  } else {
    violation = channel.OnBody(frame.payload);
  }
  if (violation) Violated(*violation);
}

void ConnectionImpl::OnChannelMethod(ChannelTable::Slot& slot, uint16_t number,
                                     ServerMethod method) {
  if (slot.state == ChannelTable::State::kClosing) {
    return OnClosingChannelMethod(slot, number, method);
  }
  // A number that is free: only repeats of a channel.close that was answered come here.
  if (slot.state != ChannelTable::State::kOpen) {
    if (base::Planted(base::PlantedBug::kCloseAnsweredTwice)) {
      out_.PushControl(number, ChannelCloseOkFrame(number));
    }
    return;
  }
  if (const auto* close = std::get_if<ChannelClose>(&method)) {
    return OnChannelClose(slot, number, *close);
  }
  if (const auto violation = slot.channel->OnMethod(std::move(method))) Violated(*violation);
}

void ConnectionImpl::OnChannelClose(ChannelTable::Slot& slot, uint16_t number,
                                    const ChannelClose& close) {
  if (slot.closed_by_broker && !slot.channel->opened()) return;
  ended_channels_.push_back(channels_.Take(number, ChannelTable::State::kEnding));
  ended_channels_.back()->End({Failure::Kind::kClosedByBroker, close.code, close.text});
  if (state_ == State::kClosed) return;
  out_.Withdraw(number);
  out_.PushControl(number, ChannelCloseOkFrame(number));
  // The slots may have moved: a listener may have opened channels.
  ChannelTable::Slot& now_free = *channels_.Find(number);
  now_free.state = ChannelTable::State::kFree;
  now_free.closed_by_broker = true;
}

void ConnectionImpl::OnClosingChannelMethod(ChannelTable::Slot& slot, uint16_t number,
                                            const ServerMethod& method) {
  if (std::holds_alternative<ChannelClose>(method)) {
    // A repeat, meant for the last one to have the number, and answered then.
    if (slot.closed_by_broker && !slot.opened) return;
    // Both sides closed it: theirs is answered, and ours still will be.
    if (!std::exchange(slot.answered, true)) out_.PushControl(number, ChannelCloseOkFrame(number));
    return;
  }
  const auto* ok = std::get_if<MethodOk>(&method);
  if (ok != nullptr && ok->method == OkMethod::kChannelOpenOk) slot.opened = true;
  if (ok == nullptr || ok->method != OkMethod::kChannelCloseOk) return;
  slot.state = ChannelTable::State::kFree;
  slot.closed_by_broker = slot.answered;
}

}  // namespace amqp_sidecar::amqp
