#include "server_frames.h"

#include <cstdlib>

#include "amqp/content_codec.h"
#include "amqp/rabbitmq_c.h"
#include "amqp/table_codec.h"
#include "amqp/wire.h"

namespace amqp_sidecar::amqp::server {
namespace {

template <typename Method>
std::string Encode(uint16_t channel, uint32_t id, Method method) {
  std::string arguments(4096, '\0');
  const int size = amqp_encode_method(id, &method, ToBytes(arguments));
  if (size < 0) std::abort();
  return RawMethod(channel, id, arguments.substr(0, static_cast<size_t>(size)));
}

}  // namespace

std::string RawFrame(int type, uint16_t channel, std::string_view payload, char end) {
  std::string frame;
  AppendNumber(frame, static_cast<uint8_t>(type));
  AppendNumber(frame, channel);
  AppendNumber(frame, static_cast<uint32_t>(payload.size()));
  frame += payload;
  frame.push_back(end);
  return frame;
}

std::string RawMethod(uint16_t channel, uint32_t id, std::string_view arguments) {
  std::string payload;
  AppendNumber(payload, id);
  payload += arguments;
  return RawFrame(1, channel, payload);
}

std::string Start(std::string_view mechanisms, int minor) {
  Pool pool;
  const FieldTable properties = {
      {"product", {std::string("RabbitMQ")}},
      {"version", {std::string("3.10.8")}},
      {"capabilities", {FieldTable{{"basic.nack", {true}}, {"connection.blocked", {true}}}}},
  };
  amqp_connection_start_t method{};
  method.version_major = 0;
  method.version_minor = static_cast<uint8_t>(minor);
  method.server_properties = ToAmqpTable(properties, pool).value();
  method.mechanisms = ToBytes(mechanisms);
  method.locales = ToBytes("en_US");
  return Encode(0, AMQP_CONNECTION_START_METHOD, method);
}

std::string Tune(uint16_t channel_max, uint32_t frame_max, uint16_t heartbeat) {
  return Encode(0, AMQP_CONNECTION_TUNE_METHOD,
                amqp_connection_tune_t{channel_max, frame_max, heartbeat});
}

std::string OpenOk() {
  return Encode(0, AMQP_CONNECTION_OPEN_OK_METHOD, amqp_connection_open_ok_t{});
}

std::string Handshake(uint16_t channel_max, uint32_t frame_max, uint16_t heartbeat) {
  return Start() + Tune(channel_max, frame_max, heartbeat) + OpenOk();
}

std::string ConnectionClosed(uint16_t code, std::string_view text) {
  return Encode(0, AMQP_CONNECTION_CLOSE_METHOD,
                amqp_connection_close_t{code, ToBytes(text), 0, 0});
}

std::string ConnectionCloseOk() {
  return Encode(0, AMQP_CONNECTION_CLOSE_OK_METHOD, amqp_connection_close_ok_t{});
}

std::string Blocked(std::string_view reason) {
  return Encode(0, AMQP_CONNECTION_BLOCKED_METHOD, amqp_connection_blocked_t{ToBytes(reason)});
}

std::string Unblocked() {
  return Encode(0, AMQP_CONNECTION_UNBLOCKED_METHOD, amqp_connection_unblocked_t{});
}

std::string Heartbeat() { return RawFrame(8, 0, ""); }

std::string Ok(uint16_t channel, OkMethod method) {
  return RawMethod(channel, static_cast<uint32_t>(method), "");
}

std::string ChannelOpenOk(uint16_t channel) {
  return Encode(channel, AMQP_CHANNEL_OPEN_OK_METHOD, amqp_channel_open_ok_t{});
}

std::string ChannelClosed(uint16_t channel, uint16_t code, std::string_view text) {
  return Encode(channel, AMQP_CHANNEL_CLOSE_METHOD,
                amqp_channel_close_t{code, ToBytes(text), 0, 0});
}

std::string ChannelCloseOk(uint16_t channel) { return Ok(channel, OkMethod::kChannelCloseOk); }

std::string Flow(uint16_t channel, bool active) {
  return Encode(channel, AMQP_CHANNEL_FLOW_METHOD, amqp_channel_flow_t{active ? 1 : 0});
}

std::string DeclareOk(uint16_t channel, std::string_view queue, uint32_t messages,
                      uint32_t consumers) {
  return Encode(channel, AMQP_QUEUE_DECLARE_OK_METHOD,
                amqp_queue_declare_ok_t{ToBytes(queue), messages, consumers});
}

std::string DeleteOk(uint16_t channel, uint32_t messages) {
  return Encode(channel, AMQP_QUEUE_DELETE_OK_METHOD, amqp_queue_delete_ok_t{messages});
}

std::string ConsumeOk(uint16_t channel, std::string_view tag) {
  return Encode(channel, AMQP_BASIC_CONSUME_OK_METHOD, amqp_basic_consume_ok_t{ToBytes(tag)});
}

std::string CancelOk(uint16_t channel, std::string_view tag) {
  return Encode(channel, AMQP_BASIC_CANCEL_OK_METHOD, amqp_basic_cancel_ok_t{ToBytes(tag)});
}

std::string Cancel(uint16_t channel, std::string_view tag, bool nowait) {
  return Encode(channel, AMQP_BASIC_CANCEL_METHOD,
                amqp_basic_cancel_t{ToBytes(tag), nowait ? 1 : 0});
}

std::string Ack(uint16_t channel, uint64_t tag, bool multiple) {
  return Encode(channel, AMQP_BASIC_ACK_METHOD, amqp_basic_ack_t{tag, multiple ? 1 : 0});
}

std::string Nack(uint16_t channel, uint64_t tag, bool multiple) {
  return Encode(channel, AMQP_BASIC_NACK_METHOD, amqp_basic_nack_t{tag, multiple ? 1 : 0, 0});
}

std::string DeliverMethod(uint16_t channel, uint64_t tag, std::string_view consumer_tag) {
  return Encode(channel, AMQP_BASIC_DELIVER_METHOD,
                amqp_basic_deliver_t{ToBytes(consumer_tag), tag, 1, ToBytes("orders"),
                                     ToBytes("order.created")});
}

std::string ReturnMethod(uint16_t channel, std::string_view exchange, std::string_view key) {
  return Encode(channel, AMQP_BASIC_RETURN_METHOD,
                amqp_basic_return_t{312, ToBytes("NO_ROUTE"), ToBytes(exchange), ToBytes(key)});
}

std::string Header(uint16_t channel, const Properties& properties, uint64_t body_bytes) {
  std::string frame = ContentHeaderFrame(properties, body_bytes).value();
  PutNumber(frame, 1, channel);
  return frame;
}

std::string Body(uint16_t channel, std::string_view body, size_t chunk) {
  std::string frames;
  for (size_t at = 0; at < body.size(); at += chunk) {
    frames += RawFrame(3, channel, body.substr(at, chunk));
  }
  return frames;
}

std::string Delivery(uint16_t channel, uint64_t tag, std::string_view consumer_tag,
                     const Properties& properties, std::string_view body, size_t chunk) {
  return DeliverMethod(channel, tag, consumer_tag) + Header(channel, properties, body.size()) +
         Body(channel, body, chunk);
}

std::string Return(uint16_t channel, std::string_view exchange, std::string_view key,
                   const Properties& properties, std::string_view body, size_t chunk) {
  return ReturnMethod(channel, exchange, key) + Header(channel, properties, body.size()) +
         Body(channel, body, chunk);
}

}  // namespace amqp_sidecar::amqp::server
