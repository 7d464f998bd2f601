#include "rig.h"

#include <array>
#include <cstdlib>
#include <utility>

namespace amqp_sidecar::amqp {

std::string ToText(const Failure& failure) {
  std::string kind;
  switch (failure.kind) {
    case Failure::Kind::kClosedByBroker:
      kind = "closed-by-broker";
      break;
    case Failure::Kind::kTimedOut:
      kind = "timed-out";
      break;
    case Failure::Kind::kLinkLost:
      kind = "link-lost";
      break;
    case Failure::Kind::kClosedHere:
      kind = "closed-here";
      break;
    case Failure::Kind::kProtocolError:
      kind = "protocol-error";
      break;
    case Failure::Kind::kNoChannel:
      kind = "no-channel";
      break;
    case Failure::Kind::kNotEncodable:
      kind = "not-encodable";
      break;
  }
  return kind + " " + std::to_string(failure.code) + " " + failure.text;
}

EncodedPublish Message(std::string_view exchange, std::string_view routing_key, size_t body_bytes,
                       const std::string& id) {
  Properties properties;
  properties.message_id = id;
  std::string body(body_bytes, 'b');
  for (size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + i % 23);
  return EncodePublish(exchange, routing_key, properties,
                       std::make_shared<const std::string>(std::move(body)))
      .value();
}

void ChannelRecorder::Say(const std::string& line) {
  rig_.Add(name + " " + line);
  if (then) then(line);
}

void ChannelRecorder::OnConfirm(uint64_t tag, bool multiple, bool acked) {
  Say("confirm " + std::to_string(tag) + (multiple ? " multiple" : "") +
      (acked ? " acked" : " nacked"));
}

void ChannelRecorder::OnReturn(IncomingReturn message) {
  Say("return " + std::to_string(message.code) + " " + message.text + " " + message.exchange + "/" +
      message.routing_key + " " + message.message_id);
}

void ChannelRecorder::OnDelivery(IncomingDelivery&& delivery) {
  const std::string line = "delivery " + std::to_string(delivery.tag) + " " +
                           delivery.consumer_tag + " " + delivery.exchange + "/" +
                           delivery.routing_key + (delivery.redelivered ? " redelivered" : "") +
                           " " + std::to_string(delivery.body.size());
  deliveries.push_back(std::move(delivery));
  Say(line);
}

void ChannelRecorder::OnOversizedDelivery(uint64_t tag, uint64_t body_bytes) {
  Say("oversized " + std::to_string(tag) + " " + std::to_string(body_bytes));
}

void ChannelRecorder::OnConsumerCancelled(std::string_view consumer_tag) {
  Say("cancelled " + std::string(consumer_tag));
}

void ChannelRecorder::OnClosed(const Failure& failure) {
  Say("closed " + ToText(failure));
  channel = nullptr;
}

ReplyCallback ChannelRecorder::Log(const std::string& what) {
  return [this, what](const Reply& reply) {
    if (!reply.ok) return Say(what + " failed " + ToText(reply.failure));
    std::string line = what + " ok";
    if (!reply.queue.empty()) {
      line += " " + reply.queue + " " + std::to_string(reply.message_count) + " " +
              std::to_string(reply.consumer_count);
    }
    Say(line);
  };
}

Connection::Options Rig::DefaultOptions() {
  Connection::Options options;
  options.user = "guest";
  options.password = "secret";
  options.connection_name = "a test";
  return options;
}

Rig::Rig(Connection::Options options) : connection(Connection::Create(options, *this)) {
  connection->Start(now);
}

void Rig::MakeReady(uint16_t channel_max, uint32_t frame_max, uint16_t heartbeat) {
  Written();
  Say(server::Handshake(channel_max, frame_max, heartbeat));
  Written();
  if (Log() != Lines{"ready RabbitMQ 3.10.8"}) std::abort();
}

std::string Rig::Written() { return Written(static_cast<size_t>(-1)); }

std::string Rig::Written(size_t bytes) {
  std::string all;
  while (bytes > 0 && connection->HasOutput()) {
    std::array<iovec, 7> slots;
    const size_t used = connection->Gather(slots);
    if (used == 0) std::abort();
    size_t taken = 0;
    for (size_t i = 0; i < used && bytes > 0; ++i) {
      const size_t size = std::min(slots[i].iov_len, bytes);
      all.append(static_cast<const char*>(slots[i].iov_base), size);
      taken += size;
      bytes -= size;
    }
    connection->MarkWritten(taken, now);
  }
  return all;
}

Lines Rig::Log() { return std::exchange(log_, {}); }

void Rig::Advance(base::Duration time) {
  const base::TimePoint end = now + time;
  while (true) {
    const base::TimePoint due = std::max(connection->NextDeadline(), now);
    if (due > end) break;
    now = due;
    connection->OnTick(now);
    if (connection->NextDeadline() <= now) std::abort();  // it would be ticked for ever
  }
  now = end;
}

ChannelRecorder& Rig::Open(bool answered) {
  auto recorder = std::make_unique<ChannelRecorder>(*this);
  recorder->channel = connection->OpenChannel(*recorder);
  if (recorder->channel == nullptr) std::abort();
  recorder->name = "ch" + std::to_string(recorder->channel->number());
  recorders_.push_back(std::move(recorder));
  ChannelRecorder& opened = *recorders_.back();
  if (answered) {
    Written();
    Say(server::ChannelOpenOk(opened.channel->number()));
  }
  return opened;
}

void Rig::OnReady(const ServerInfo& server) {
  Add("ready " + server.product + " " + server.version);
}
void Rig::OnBlocked(std::string_view reason) { Add("blocked " + std::string(reason)); }
void Rig::OnUnblocked() { Add("unblocked"); }
void Rig::OnPublishRoom() { Add("room"); }
void Rig::OnClosed(const Failure& failure) { Add("closed " + ToText(failure)); }

void Rig::Add(const std::string& line) {
  log_.push_back(line);
  if (then) then(line);
}

}  // namespace amqp_sidecar::amqp
