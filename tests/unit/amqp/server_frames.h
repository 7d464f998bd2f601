// What a broker says, as bytes: the scripts of the connection's tests are made of these. Encoded
// with rabbitmq-c, by other code than the daemon's own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "amqp/message.h"
#include "amqp/server_methods.h"

namespace amqp_sidecar::amqp::server {

// Any frame, well-formed or not.
std::string RawFrame(int type, uint16_t channel, std::string_view payload, char end = '\xCE');
// A method frame with arguments already encoded.
std::string RawMethod(uint16_t channel, uint32_t id, std::string_view arguments);

std::string Start(std::string_view mechanisms = "PLAIN AMQPLAIN", int minor = 9);
std::string Tune(uint16_t channel_max = 2047, uint32_t frame_max = 131072, uint16_t heartbeat = 60);
std::string OpenOk();
// start, tune and open-ok.
std::string Handshake(uint16_t channel_max = 2047, uint32_t frame_max = 131072,
                      uint16_t heartbeat = 60);
std::string ConnectionClosed(uint16_t code, std::string_view text);
std::string ConnectionCloseOk();
std::string Blocked(std::string_view reason);
std::string Unblocked();
std::string Heartbeat();

// An -ok without arguments of interest.
std::string Ok(uint16_t channel, OkMethod method);
std::string ChannelOpenOk(uint16_t channel);
std::string ChannelClosed(uint16_t channel, uint16_t code, std::string_view text);
std::string ChannelCloseOk(uint16_t channel);
std::string Flow(uint16_t channel, bool active);
std::string DeclareOk(uint16_t channel, std::string_view queue, uint32_t messages,
                      uint32_t consumers);
std::string DeleteOk(uint16_t channel, uint32_t messages);
std::string ConsumeOk(uint16_t channel, std::string_view tag);
std::string CancelOk(uint16_t channel, std::string_view tag);
std::string Cancel(uint16_t channel, std::string_view tag, bool nowait = true);

std::string Ack(uint16_t channel, uint64_t tag, bool multiple = false);
std::string Nack(uint16_t channel, uint64_t tag, bool multiple = false);

std::string DeliverMethod(uint16_t channel, uint64_t tag, std::string_view consumer_tag);
std::string ReturnMethod(uint16_t channel, std::string_view exchange, std::string_view key);
std::string Header(uint16_t channel, const Properties& properties, uint64_t body_bytes);
// The body frames, of `chunk` bytes each at most.
std::string Body(uint16_t channel, std::string_view body, size_t chunk = 131064);
// All frames of one.
std::string Delivery(uint16_t channel, uint64_t tag, std::string_view consumer_tag,
                     const Properties& properties, std::string_view body, size_t chunk = 131064);
std::string Return(uint16_t channel, std::string_view exchange, std::string_view key,
                   const Properties& properties, std::string_view body, size_t chunk = 131064);

}  // namespace amqp_sidecar::amqp::server
