#include "amqp/connection_impl.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "amqp/client_method_codec.h"
#include "base/planted.h"

namespace amqp_sidecar::amqp {
namespace {

// A token of a barrier has this bit; the others are an incarnation and a channel number.
constexpr WriteQueue::Token kBarrierBit = uint64_t{1} << 63;

// Control frames that the broker does not take. They are few: answers to what it sends, and
// settlements of what was delivered.
constexpr size_t kMostControlBytes = 16u << 20;

// Channel numbers in quarantine that the broker had operation_timeout to let go of, when yet
// another channel times out: such a link is of no use, whatever its heartbeats say.
constexpr size_t kMostUnansweredCloses = 8;

}  // namespace

class ConnectionImpl::Entry {
 public:
  explicit Entry(ConnectionImpl& connection) : connection_(connection) { ++connection_.depth_; }
  ~Entry() {
    if (connection_.depth_ == 1) {
      connection_.AfterEntry();
      // What a channel held may, on its way out, end another.
      while (!connection_.ended_channels_.empty()) {
        auto ended = std::exchange(connection_.ended_channels_, {});
      }
    }
    --connection_.depth_;
  }
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

 private:
  ConnectionImpl& connection_;
};

ConnectionImpl::ConnectionImpl(const Options& options, Listener& listener)
    : options_(options), listener_(listener), handshake_(options_) {}

ConnectionImpl::~ConnectionImpl() = default;

// --- The pipe.

void ConnectionImpl::Start(base::TimePoint now) {
  now_ = now;
  state_ = State::kHandshake;
  deadline_ = now + options_.handshake_timeout;
  operations_.Run(true, now);
  out_.PushControl(0, ProtocolHeader());
}

void ConnectionImpl::Receive(std::string_view bytes, base::TimePoint now) {
  if (state_ == State::kNew || state_ == State::kClosed) return;
  const Entry entry(*this);
  now_ = now;
  heartbeat_.OnReceived(now);
  reader_.Feed(bytes);
  while (state_ != State::kClosed) {
    Frame frame;
    const FrameReader::Result result = reader_.Next(frame);
    if (result == FrameReader::Result::kNeedMore) break;
    if (result == FrameReader::Result::kMalformed) {
      Violated({kReplyFrameError, reader_.error()});
      break;
    }
    OnFrame(frame);
    if (out_.control_bytes() > kMostControlBytes) {
      End({Failure::Kind::kLinkLost, 0, "the broker does not take what it is answered"}, {});
    }
  }
}

void ConnectionImpl::MarkWritten(size_t bytes, base::TimePoint now) {
  const Entry entry(*this);
  now_ = now;
  if (bytes > 0) heartbeat_.OnWritten(now);
  out_.MarkWritten(bytes);
  stalled_ = !out_.empty();
  RunClocks();
  TellWritten();
}

void ConnectionImpl::PipeClosed(std::string_view why) {
  if (state_ == State::kClosed) return;
  const Entry entry(*this);
  End({Failure::Kind::kLinkLost, 0, std::string(why)}, {});
}

void ConnectionImpl::Close(base::TimePoint now) {
  if (state_ == State::kClosing || state_ == State::kClosed) return;
  const Entry entry(*this);
  now_ = now;
  state_ = State::kClosing;
  deadline_ = now + options_.operation_timeout;
  out_.PushLast(ConnectionCloseFrame(200, "goodbye"));
}

// --- Channels.

Channel* ConnectionImpl::OpenChannel(Channel::Listener& listener) {
  if (state_ != State::kReady) return nullptr;
  const uint16_t number = channels_.FindFree();
  if (number == 0) return nullptr;
  auto channel = std::make_unique<ChannelImpl>(*this, listener, number, next_incarnation_++,
                                               options_.max_body_bytes);
  ChannelImpl* const opened = channel.get();
  channels_.Put(number, std::move(channel));
  opened->Open();
  return opened;
}

WriteQueue::Token ConnectionImpl::MethodToken(const ChannelImpl& channel) {
  return (channel.incarnation() << 16) | channel.number();
}

void ConnectionImpl::CloseFromHere(ChannelImpl& channel) {
  const uint16_t number = channel.number();
  const ChannelTable::Slot* slot = channels_.Find(number);
  // It is ending already: whoever ends it sees to the rest.
  if (slot == nullptr || slot->channel.get() != &channel) return;
  Quarantine(number);
  out_.Withdraw(number);
  out_.PushControl(number, ChannelCloseFrame(number, 200, "closed"));
}

void ConnectionImpl::Quarantine(uint16_t number) {
  const auto next = base::Planted(base::PlantedBug::kNumberReusedTooEarly)
                        ? ChannelTable::State::kFree
                        : ChannelTable::State::kClosing;
  ended_channels_.push_back(channels_.Take(number, next));
  channels_.Find(number)->closing_since = operations_.At(now_);
}

void ConnectionImpl::EndChannel(uint16_t number, const Failure& failure, uint16_t code) {
  Quarantine(number);
  ended_channels_.back()->End(failure);
  if (state_ == State::kClosed) return;
  out_.Withdraw(number);
  out_.PushControl(number, ChannelCloseFrame(number, code, failure.text));
}

// --- What is due.

base::TimePoint ConnectionImpl::MethodsDue() const {
  base::TimePoint earliest = base::kNever;
  if (methods_waiting_ == 0) return earliest;
  for (uint16_t number = 1; number <= channels_.highest(); ++number) {
    const ChannelImpl* channel = channels_.Get(number);
    if (channel == nullptr) continue;
    if (channel->refused() != nullptr) return base::TimePoint::min();
    if (const auto deadline = channel->deadline()) {
      earliest = std::min(earliest, operations_.When(*deadline));
    }
  }
  return earliest;
}

base::TimePoint ConnectionImpl::NextDeadline() const {
  if (state_ == State::kNew || state_ == State::kClosed) return base::kNever;
  if (out_.HasWrittenTokens()) return base::TimePoint::min();
  if (state_ == State::kReady && out_.room_is_news()) return base::TimePoint::min();
  base::TimePoint next = std::min(deadline_, MethodsDue());
  // While something waits to be written, a heartbeat would only wait with it.
  if (state_ == State::kReady && out_.empty()) next = std::min(next, heartbeat_.SendAt());
  return std::min(next, heartbeat_.DeadAt());
}

void ConnectionImpl::OnTick(base::TimePoint now) {
  if (state_ == State::kNew || state_ == State::kClosed) return;
  const Entry entry(*this);
  now_ = now;
  if (now >= deadline_) {
    if (state_ == State::kClosing) {
      return End({Failure::Kind::kClosedHere, 0, "the broker did not answer the goodbye"}, {});
    }
    return End({Failure::Kind::kLinkLost, 0, "the login was not finished in time"}, {});
  }
  if (now >= heartbeat_.DeadAt()) {
    return End(
        {Failure::Kind::kLinkLost, 0, "nothing was heard from the broker for two heartbeats"}, {});
  }
  if (state_ == State::kReady && out_.empty() && now >= heartbeat_.SendAt()) {
    out_.PushControl(0, HeartbeatFrame());
  }
  EndOverdueChannels();
  TellWritten();
}

void ConnectionImpl::EndOverdueChannels() {
  if (methods_waiting_ == 0) return;
  const base::Duration reading = operations_.At(now_);
  for (uint16_t number = 1; number <= channels_.highest(); ++number) {
    if (state_ == State::kClosed) return;
    const ChannelImpl* channel = channels_.Get(number);
    if (channel == nullptr) continue;
    if (const std::string* why = channel->refused()) {
      EndChannel(number, {Failure::Kind::kNotEncodable, 0, *why}, 200);
    } else if (channel->deadline() && *channel->deadline() <= reading) {
      EndChannel(number, {Failure::Kind::kTimedOut, 0, "no answer in time"}, 200);
    }
  }
  const size_t unanswered = channels_.CountClosingSince(reading - options_.operation_timeout);
  if (state_ != State::kClosed && unanswered >= kMostUnansweredCloses) {
    End({Failure::Kind::kLinkLost, 0,
         absl::StrCat("the broker answers neither methods nor the closing of ", unanswered,
                      " channels")},
        {});
  }
}

void ConnectionImpl::RunClocks() { operations_.Run(!blocked_ && !stalled_, now_); }

void ConnectionImpl::TellWritten() {
  for (const WriteQueue::Token token : out_.TakeWrittenTokens()) {
    if ((token & kBarrierBit) != 0) {
      auto barrier = barriers_.extract(token);
      if (!barrier.empty()) barrier.mapped()(true);
      continue;
    }
    const auto number = static_cast<uint16_t>(token & 0xFFFF);
    ChannelImpl* channel = channels_.Get(number);
    // Another incarnation may have the number by now.
    if (channel != nullptr && MethodToken(*channel) == token) {
      channel->OnMethodWritten(operations_.At(now_) + options_.operation_timeout);
    }
  }
}

void ConnectionImpl::AfterEntry() {
  if (state_ != State::kReady || !out_.room_is_news()) return;
  out_.TakeRoom();
  listener_.OnPublishRoom();
}

void ConnectionImpl::NotifyWritten(absl::AnyInvocable<void(bool)> written) {
  const WriteQueue::Token token = kBarrierBit | next_barrier_++;
  barriers_.emplace(token, std::move(written));
  out_.PushBarrier(token);
}

// --- The end.

void ConnectionImpl::Violated(const Violation& violation) {
  if (state_ == State::kClosed) return;
  const bool worth_saying = handshake_.begun() && state_ != State::kClosing;
  End({Failure::Kind::kProtocolError, violation.code, violation.text},
      worth_saying ? ConnectionCloseFrame(violation.code, violation.text) : std::string());
}

void ConnectionImpl::End(const Failure& failure, std::string_view goodbye) {
  state_ = State::kClosed;
  deadline_ = base::kNever;
  // To a channel it is all one why the connection went: none of its own doings is to blame.
  Failure of_channels = failure;
  of_channels.kind = Failure::Kind::kLinkLost;
  for (uint16_t number = 1; number <= channels_.highest(); ++number) {
    if (channels_.Get(number) == nullptr) continue;
    ended_channels_.push_back(channels_.Take(number, ChannelTable::State::kFree));
    ended_channels_.back()->End(of_channels);
  }
  if (goodbye.empty()) {
    out_.DropAll();
  } else {
    out_.Abandon(goodbye);
  }
  for (auto& [token, written] : std::exchange(barriers_, {})) written(false);
  listener_.OnClosed(failure);
}

}  // namespace amqp_sidecar::amqp
