#include "model_connection.h"

#include <cstdio>
#include <optional>
#include <utility>

#include "model_broker.h"

namespace amqp_sidecar::simulation {
namespace {

std::string TextOf(const WireTable& table, const std::string& name) {
  const auto found = table.find(name);
  return found == table.end() || found->second.text() == nullptr ? "" : *found->second.text();
}

int64_t NumberOf(const WireTable& table, const std::string& name) {
  const auto found = table.find(name);
  return found == table.end() || found->second.number() == nullptr ? 0 : *found->second.number();
}

// What the sidecar says of a message that it publishes again.
std::optional<SettlementChecker::Move> MoveOf(const ModelMessage& message,
                                              const WireTable& headers) {
  SettlementChecker::Move move;
  move.publish = message.publish;
  move.exchange = message.exchange;
  move.routing_key = message.routing_key;
  if (message.time_to_live) move.wrong = "with its expiration";
  if (!message.further_keys.empty()) move.wrong = "with other keys to be routed by";
  unsigned long long wait = 0;
  int used = 0;
  const bool waits =
      message.exchange.empty() &&
      std::sscanf(message.routing_key.c_str(), "amqp-sidecar.wait.%llums.%n", &wait, &used) == 1 &&
      used > 0;
  if (waits) {
    const auto retry = headers.find("x-sidecar-retry");
    const bool says = retry != headers.end() && retry->second.table() != nullptr;
    const WireTable table = says ? *retry->second.table() : WireTable();
    move.wait = std::chrono::milliseconds(wait);
    move.from = message.routing_key.substr(static_cast<size_t>(used));
    move.attempts = NumberOf(table, "attempts");
    move.first_exchange = TextOf(table, "exchange");
    move.first_routing_key = TextOf(table, "routing-key");
    return move;
  }
  if (!headers.contains("x-sidecar-dead-by")) return std::nullopt;
  move.dies = true;
  move.from = TextOf(headers, "x-sidecar-queue");
  move.dead_by = TextOf(headers, "x-sidecar-dead-by");
  move.attempts = NumberOf(headers, "x-sidecar-attempts");
  move.first_exchange = TextOf(headers, "x-sidecar-exchange");
  move.first_routing_key = TextOf(headers, "x-sidecar-routing-key");
  if (TextOf(headers, "x-sidecar-reason").empty()) move.wrong = "to die, and does not say why";
  return move;
}

constexpr std::string_view kProtocolHeader("AMQP\x00\x00\x09\x01", 8);

}  // namespace

ModelConnection::ModelConnection(ModelBroker& broker, std::shared_ptr<SimulatedPipe> pipe,
                                 uint64_t id)
    : broker_(broker), pipe_(std::move(pipe)), id_(id), last_read_(broker.reactor().Now()) {}

ModelConnection::~ModelConnection() = default;

void ModelConnection::Start() {
  pipe_->AttachBroker(*this);
  broker_.trace().Event("accepted", {id_, pipe_->id()});
  Later(std::chrono::seconds(broker_.options().heartbeat) / 2, &ModelConnection::Tick);
}

void ModelConnection::Later(base::Duration delay, void (ModelConnection::*task)()) {
  broker_.reactor().WorldAfter(delay, [this, task, alive = std::weak_ptr<char>(alive_)] {
    if (!alive.expired() && state_ != State::kDead) (this->*task)();
  });
}

void ModelConnection::Send(std::string bytes) {
  if (state_ == State::kDead) return;
  sent_ = true;
  pipe_->Send(bytes);
}

void ModelConnection::Violated(uint16_t code, const std::string& text) {
  broker_.checker().Fail("the broker answers with " + std::to_string(code) + ": " + text);
  CloseByBroker(code, text);
}

// --- Reading.

void ModelConnection::OnReadable() {
  if (state_ == State::kDead || blocked_) return;
  last_read_ = broker_.reactor().Now();
  buffer_.erase(0, std::exchange(buffer_used_, 0));
  buffer_ += pipe_->Read(SIZE_MAX);
  Process();
}

void ModelConnection::Process() {
  while (state_ != State::kDead && !blocked_) {
    if (state_ == State::kHeader) {
      if (buffer_.size() - buffer_used_ < kProtocolHeader.size()) return;
      if (buffer_.compare(buffer_used_, kProtocolHeader.size(), kProtocolHeader) != 0) {
        return Violated(501, "not the protocol header");
      }
      buffer_used_ += kProtocolHeader.size();
      state_ = State::kStartOk;
      // product, and nothing else that the sidecar would read
      Send(MethodFrame(0, Method::kConnectionStart)
               .U8(0)
               .U8(9)
               .Long(std::string("\x07productS\0\0\0\x08RabbitMQ", 21))
               .Long("PLAIN EXTERNAL")
               .Long("en_US")
               .Bytes());
      continue;
    }
    if (!TakeFrame()) return;
  }
}

bool ModelConnection::TakeFrame() {
  const std::string_view bytes = std::string_view(buffer_).substr(buffer_used_);
  if (bytes.size() < kFrameBytes) return false;
  WireReader head(bytes);
  const uint8_t type = head.U8();
  const uint16_t channel = head.U16();
  const size_t size = head.U32();
  if (size + kFrameBytes > broker_.options().frame_max) {
    Violated(501, "a frame of " + std::to_string(size) + " bytes");
    return false;
  }
  if (bytes.size() < size + kFrameBytes) return false;
  if (static_cast<uint8_t>(bytes[size + kFrameBytes - 1]) != kFrameEndByte) {
    Violated(501, "a frame without its end");
    return false;
  }
  buffer_used_ += size + kFrameBytes;
  OnFrame(type, channel, bytes.substr(kFrameBytes - 1, size));
  return true;
}

void ModelConnection::OnFrame(uint8_t type, uint16_t channel, std::string_view payload) {
  if (type == kHeartbeatFrame) {
    if (channel != 0 || !payload.empty()) Violated(501, "a heartbeat that is none");
    return;
  }
  if (type == kMethodFrame) {
    WireReader args(payload);
    const auto method = static_cast<Method>(args.U32());
    if (!args.ok()) return Violated(501, "a method frame without a method");
    if (channel == 0) return OnConnectionMethod(method, args);
    if (state_ != State::kReady) {
      if (state_ != State::kClosing) Violated(504, "a channel before the connection is open");
      return;
    }
    return OnChannelMethod(channel, method, payload.substr(4));
  }
  if (state_ == State::kClosing) return;
  if (type == kHeaderFrame) return OnContentHeader(channel, payload);
  if (type == kBodyFrame) return OnContentBody(channel, payload);
  Violated(501, "a frame of an unknown type");
}

void ModelConnection::OnConnectionMethod(Method method, WireReader args) {
  if (method == Method::kConnectionClose) {
    const uint16_t code = args.U16();
    const std::string text = args.Short();
    broker_.trace().Event("goodbye", {id_, code}, text);
    if (code != 200) {
      broker_.checker().Fail("the sidecar closed the connection: " + std::to_string(code) + " " +
                             text);
    }
    // What came before is in the mailboxes of the channels, ahead of the end.
    std::vector<ModelChannel*> channels;
    for (const auto& [number, channel] : channels_) channels.push_back(channel.get());
    for (ModelChannel* channel : channels) channel->FinishInbox();
    Send(MethodFrame(0, Method::kConnectionCloseOk).Bytes());
    EndChannels(/*by_sidecar=*/true);
    state_ = State::kDead;
    pipe_->CloseByBroker();
    return broker_.ForgetLater(*this);
  }
  if (state_ == State::kClosing) {
    if (method == Method::kConnectionCloseOk) Die();
    return;
  }
  if (method == Method::kConnectionStartOk && state_ == State::kStartOk) return OnStartOk(args);
  if (method == Method::kConnectionTuneOk && state_ == State::kTuneOk) {
    args.U16();
    const uint32_t frame_max = args.U32();
    args.U16();
    if (!args.done() || frame_max > broker_.options().frame_max) {
      return Violated(530, "tune-ok with more than was offered");
    }
    state_ = State::kOpen;
    return;
  }
  if (method == Method::kConnectionOpen && state_ == State::kOpen) {
    if (broker_.login() == ModelBroker::Login::kNoVhost) {
      return CloseByBroker(530, "NOT_ALLOWED - vhost / not found");
    }
    state_ = State::kReady;
    return Send(MethodFrame(0, Method::kConnectionOpenOk).Short("").Bytes());
  }
  Violated(503, "a method out of turn on channel 0");
}

void ModelConnection::OnStartOk(WireReader args) {
  args.Table();
  args.Short();
  const std::string response = args.Long();
  args.Short();
  if (!args.done()) return Violated(502, "a start-ok that does not parse");
  if (broker_.login() == ModelBroker::Login::kRefused) {
    return CloseByBroker(403,
                         "ACCESS_REFUSED - Login was refused using authentication mechanism "
                         "PLAIN. For details see the broker logfile.");
  }
  state_ = State::kTuneOk;
  Send(MethodFrame(0, Method::kConnectionTune)
           .U16(broker_.options().channel_max)
           .U32(broker_.options().frame_max)
           .U16(broker_.options().heartbeat)
           .Bytes());
}

// --- Channels.

void ModelConnection::OnChannelMethod(uint16_t number, Method method, std::string_view arguments) {
  const std::string where = " on channel " + std::to_string(number);
  if (contents_.contains(number)) return Violated(505, "a method in a content" + where);
  auto found = channels_.find(number);
  if (found == channels_.end()) {
    if (method != Method::kChannelOpen) {
      char text[64];
      std::snprintf(text, sizeof text, "expected channel.open, got method %08x", unsigned(method));
      return Violated(504, text + where);
    }
    if (number > broker_.options().channel_max) return Violated(530, "too high a number" + where);
    closed_by_sidecar_.erase(number);
    found = channels_.emplace(number, std::make_unique<ModelChannel>(broker_, *this, number)).first;
  } else if (method == Method::kChannelOpen) {
    return Violated(504, "second channel.open" + where);
  }
  ModelChannel& channel = *found->second;
  if (method == Method::kChannelCloseOk) {
    if (!channel.closing()) return Violated(503, "a close-ok that nobody asked for" + where);
    return ForgetChannel(number);
  }
  if (closed_by_sidecar_.contains(number)) return Violated(504, "a method behind a close" + where);
  if (method == Method::kChannelClose) {
    closed_by_sidecar_[number] = true;
    // Given up: what was published on it comes again, and may still be taken here.
    if (channel.published) broker_.checker().Fault();
  }
  if (method == Method::kBasicPublish) {
    channel.published = true;
    contents_[number].arguments = arguments;
    return;
  }
  channel.Enqueue({method, std::string(arguments), nullptr});
}

void ModelConnection::OnContentHeader(uint16_t number, std::string_view payload) {
  const auto found = contents_.find(number);
  if (found == contents_.end() || found->second.has_header) {
    return Violated(505, "a content header out of turn");
  }
  Content& content = found->second;
  WireReader args(content.arguments);
  content.message = std::make_shared<ModelMessage>();
  args.U16();
  content.message->exchange = args.Short();
  content.message->routing_key = args.Short();
  const uint8_t bits = args.U8();
  ContentProperties properties;
  if (!args.done() || bits != 1 || !ReadContentHeader(payload, properties, content.missing)) {
    return Violated(502, "a publish that does not parse");
  }
  const std::optional<size_t> publish = broker_.checker().Find(properties.correlation_id);
  if (!publish) return Violated(502, "a publish that nobody made");
  content.message->publish = *publish;
  content.message->persistent = properties.persistent;
  content.message->user_id = properties.user_id;
  if (!properties.expiration.empty()) {
    content.message->time_to_live = std::chrono::milliseconds(std::stoll(properties.expiration));
  }
  if (const auto further = properties.headers.find("CC"); further != properties.headers.end()) {
    const WireArray* keys = further->second.array();
    for (const WireValue& key : keys == nullptr ? WireArray() : *keys) {
      if (key.text() != nullptr) content.message->further_keys.push_back(*key.text());
    }
  }
  content.message->move = MoveOf(*content.message, properties.headers);
  content.message->properties = std::move(properties.encoded);
  content.has_header = true;
  if (content.missing == 0) FinishContent(number);
  if (broker_.alarm() && state_ == State::kReady) Block();
}

void ModelConnection::OnContentBody(uint16_t number, std::string_view payload) {
  const auto found = contents_.find(number);
  if (found == contents_.end() || !found->second.has_header ||
      payload.size() > found->second.missing || payload.empty()) {
    return Violated(505, "a content body out of turn");
  }
  found->second.message->body += payload;
  found->second.missing -= payload.size();
  if (found->second.missing == 0) FinishContent(number);
}

void ModelConnection::FinishContent(uint16_t number) {
  Content content = std::move(contents_.extract(number).mapped());
  const ModelMessage& message = *content.message;
  const Checker::Publish& expected = broker_.checker().publish(message.publish);
  const bool same_way =
      message.exchange == expected.exchange && message.routing_key == expected.routing_key;
  if (message.body != broker_.checker().Body(message.publish) || (!same_way && !message.move)) {
    broker_.checker().Fail("publish " + std::to_string(message.publish) + " came changed");
  }
  const auto channel = channels_.find(number);
  if (channel == channels_.end()) return;
  channel->second->Enqueue({Method::kBasicPublish, "", std::move(content.message)});
}

void ModelConnection::ForgetChannel(uint16_t number) {
  auto gone = channels_.extract(number);
  if (gone.empty()) return;
  closed_by_sidecar_.erase(number);
  gone.mapped()->End(/*by_sidecar=*/false);
  // It may be in the middle of a call.
  ended_.push_back(std::move(gone.mapped()));
  broker_.reactor().WorldAfter({}, [this, alive = std::weak_ptr<char>(alive_)] {
    if (!alive.expired()) ended_.clear();
  });
}

// --- Alarm and heartbeat.

// RabbitMQ tells of an alarm who publishes, when it has seen the header of the publish, and reads
// no more on that connection.
void ModelConnection::Block() {
  broker_.trace().Event("blocked", {id_});
  blocked_ = true;
  Send(MethodFrame(0, Method::kConnectionBlocked).Short("low on memory").Bytes());
}

void ModelConnection::AlarmOver() {
  if (!blocked_ || state_ == State::kDead) return;
  blocked_ = false;
  last_read_ = broker_.reactor().Now();
  Send(MethodFrame(0, Method::kConnectionUnblocked).Bytes());
  Later({}, &ModelConnection::OnReadable);
}

void ModelConnection::Tick() {
  const base::Duration heartbeat = std::chrono::seconds(broker_.options().heartbeat);
  if (!blocked_ && broker_.reactor().Now() - last_read_ > 3 * heartbeat) {
    broker_.trace().Event("missed heartbeats", {id_});
    if (!pipe_->disturbed() && pipe_->open()) {
      broker_.checker().Fail("the sidecar missed its heartbeats");
    }
    return Die();
  }
  if (!std::exchange(sent_, false) && state_ == State::kReady) {
    Send(Frame(kHeartbeatFrame, 0, ""));
    sent_ = false;
  }
  Later(heartbeat / 2, &ModelConnection::Tick);
}

// --- The end.

void ModelConnection::CloseByBroker(uint16_t code, const std::string& text) {
  if (state_ == State::kDead || state_ == State::kClosing || state_ == State::kHeader) return;
  broker_.trace().Event("connection closed by broker", {id_, code}, text);
  EndChannels(/*by_sidecar=*/false);
  contents_.clear();
  state_ = State::kClosing;
  Send(MethodFrame(0, Method::kConnectionClose).U16(code).Short(text).U32(0).Bytes());
  Later(std::chrono::seconds(1), &ModelConnection::GiveUpClosing);
}

void ModelConnection::GiveUpClosing() { Die(); }

void ModelConnection::Die() {
  if (state_ == State::kDead) return;
  const bool said_goodbye = state_ == State::kClosing;
  EndChannels(/*by_sidecar=*/false);
  state_ = State::kDead;
  if (said_goodbye) {
    pipe_->CloseByBroker();
  } else {
    pipe_->KillBroker();
  }
  broker_.ForgetLater(*this);
}

void ModelConnection::OnPipeEnded() {
  if (state_ == State::kDead) return;
  broker_.trace().Event("pipe ends for broker", {id_});
  EndChannels(/*by_sidecar=*/false);
  state_ = State::kDead;
  broker_.ForgetLater(*this);
}

void ModelConnection::EndChannels(bool by_sidecar) {
  for (auto& [number, channel] : channels_) {
    channel->End(by_sidecar);
    ended_.push_back(std::move(channel));
  }
  channels_.clear();
  broker_.reactor().WorldAfter({}, [this, alive = std::weak_ptr<char>(alive_)] {
    if (!alive.expired()) ended_.clear();
  });
}

void ModelConnection::DropUnacked(const std::string& queue, uint64_t incarnation, Fate fate) {
  for (const auto& [number, channel] : channels_) channel->DropUnacked(queue, incarnation, fate);
}

void ModelConnection::AddOpenChannels(std::vector<ModelChannel*>& open) {
  for (const auto& [number, channel] : channels_) {
    if (channel->open()) open.push_back(channel.get());
  }
}

// The sidecar may have given up a connection that the broker still has.
size_t ModelConnection::open_channels() const {
  if (!pipe_->open()) return 0;
  size_t open = 0;
  for (const auto& [number, channel] : channels_) open += channel->open();
  return open;
}

size_t ModelConnection::closing_channels() const {
  if (!pipe_->open()) return 0;
  size_t closing = 0;
  for (const auto& [number, channel] : channels_) closing += !channel->open();
  return closing;
}

}  // namespace amqp_sidecar::simulation
