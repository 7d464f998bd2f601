// What the broker says: its methods, decoded. Plain values that own what they hold.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

namespace amqp_sidecar::amqp {

// Class and method number of AMQP 0-9-1 as one number, for the -ok methods that answer ours.
enum class OkMethod : uint32_t {
  kConnectionOpenOk = 0x000A0029,
  kConnectionCloseOk = 0x000A0033,
  kChannelOpenOk = 0x0014000B,
  kChannelCloseOk = 0x00140029,
  kExchangeDeclareOk = 0x0028000B,
  kExchangeDeleteOk = 0x00280015,
  kQueueDeclareOk = 0x0032000B,
  kQueueBindOk = 0x00320015,
  kQueuePurgeOk = 0x0032001F,
  kQueueDeleteOk = 0x00320029,
  kQueueUnbindOk = 0x00320033,
  kBasicQosOk = 0x003C000B,
  kBasicConsumeOk = 0x003C0015,
  kBasicCancelOk = 0x003C001F,
  kConfirmSelectOk = 0x0055000B,
};

struct ConnectionStart {
  uint8_t version_major = 0;
  uint8_t version_minor = 0;
  std::string product;
  std::string version;
  std::string mechanisms;  // separated by spaces
};

struct ConnectionTune {
  uint16_t channel_max = 0;
  uint32_t frame_max = 0;
  uint16_t heartbeat = 0;  // seconds
};

struct ConnectionClose {
  uint16_t code = 0;
  std::string text;
};

struct ConnectionBlocked {
  std::string reason;
};

struct ConnectionUnblocked {};

struct ChannelFlow {
  bool active = true;
};

struct ChannelClose {
  uint16_t code = 0;
  std::string text;
};

struct BasicDeliver {
  std::string consumer_tag;
  uint64_t delivery_tag = 0;
  bool redelivered = false;
  std::string exchange;
  std::string routing_key;
};

struct BasicReturn {
  uint16_t code = 0;
  std::string text;
  std::string exchange;
  std::string routing_key;
};

// basic.ack or basic.nack of a publish.
struct BasicConfirm {
  uint64_t tag = 0;
  bool multiple = false;
  bool acked = true;
};

struct BasicCancel {
  std::string consumer_tag;
  bool nowait = true;
};

struct MethodOk {
  OkMethod method = OkMethod::kChannelOpenOk;
  std::string queue;
  uint32_t message_count = 0;
  uint32_t consumer_count = 0;
};

using ServerMethod = std::variant<ConnectionStart, ConnectionTune, ConnectionClose,
                                  ConnectionBlocked, ConnectionUnblocked, ChannelFlow, ChannelClose,
                                  BasicDeliver, BasicReturn, BasicConfirm, BasicCancel, MethodOk>;

}  // namespace amqp_sidecar::amqp
