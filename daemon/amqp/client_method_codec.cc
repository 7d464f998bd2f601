#include "amqp/client_method_codec.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>

#include "absl/strings/str_cat.h"
#include "amqp/frame.h"
#include "amqp/rabbitmq_c.h"
#include "amqp/table_codec.h"
#include "amqp/wire.h"
#include "base/version.h"

namespace amqp_sidecar::amqp {
namespace {

constexpr size_t kMaxShortString = 255;
// Four names and what stands between them.
constexpr size_t kRoomForNames = 4 * (kMaxShortString + 1) + 32;

struct Name {
  std::string_view what;
  std::string_view text;
};

// rabbitmq-c writes the low eight bits of a longer length, and then the whole string.
absl::Status CheckNames(std::initializer_list<Name> names) {
  for (const Name& name : names) {
    if (name.text.size() > kMaxShortString) {
      return absl::InvalidArgumentError(
          absl::StrCat("the ", std::string(name.what), " is over ", kMaxShortString, " bytes"));
    }
  }
  return absl::OkStatus();
}

// `room`: what the arguments take at most.
template <typename Method>
absl::StatusOr<std::string> Encode(uint16_t channel, uint32_t id, Method& method, size_t room) {
  constexpr size_t kArguments = kFrameHeaderBytes + 4;
  std::string frame;
  frame.resize(kArguments + room);
  const int written =
      amqp_encode_method(id, &method, ToBytes(std::string_view(frame).substr(kArguments)));
  if (written < 0) return absl::InvalidArgumentError("the arguments do not fit one frame");
  frame.resize(kArguments + static_cast<size_t>(written));
  PutNumber(frame, 0, static_cast<uint8_t>(FrameType::kMethod));
  PutNumber(frame, 1, channel);
  PutNumber(frame, 3, static_cast<uint32_t>(frame.size() - kFrameHeaderBytes));
  PutNumber(frame, kFrameHeaderBytes, id);
  frame.push_back(kFrameEnd);
  return frame;
}

// A method without names: it always fits.
template <typename Method>
std::string EncodeFixed(uint16_t channel, uint32_t id, Method method, size_t room = 16) {
  absl::StatusOr<std::string> frame = Encode(channel, id, method, room);
  if (!frame.ok()) {
    std::fputs("amqp: a method without names does not fit its buffer\n", stderr);
    std::abort();
  }
  return *std::move(frame);
}

template <typename Method>
absl::StatusOr<std::string> EncodeNamed(uint16_t channel, uint32_t id, Method method,
                                        std::initializer_list<Name> names) {
  if (absl::Status status = CheckNames(names); !status.ok()) return status;
  return Encode(channel, id, method, kRoomForNames);
}

// The same with a table, which is set here.
template <typename Method>
absl::StatusOr<std::string> EncodeWithTable(uint16_t channel, uint32_t id, Method method,
                                            const FieldTable& arguments,
                                            std::initializer_list<Name> names) {
  if (absl::Status status = CheckNames(names); !status.ok()) return status;
  Pool pool;
  absl::StatusOr<amqp_table_t> table = ToAmqpTable(arguments, pool);
  if (!table.ok()) return table.status();
  method.arguments = *table;
  return Encode(channel, id, method,
                arguments.empty() ? kRoomForNames : kFrameMax - kFrameOverhead - 4);
}

FieldTable ClientProperties(const std::string& connection_name) {
  FieldTable capabilities;
  for (const char* name :
       {"authentication_failure_close", "publisher_confirms", "basic.nack",
        "consumer_cancel_notify", "connection.blocked", "exchange_exchange_bindings"}) {
    capabilities[name] = {true};
  }
  FieldTable properties;
  properties["product"] = {std::string("amqp-sidecar")};
  properties["version"] = {std::string(base::kVersion)};
  properties["platform"] = {std::string("C++")};
  properties["connection_name"] = {connection_name};
  properties["capabilities"] = {capabilities};
  return properties;
}

amqp_boolean_t Flag(bool value) { return value ? 1 : 0; }

}  // namespace

absl::StatusOr<std::string> StartOkFrame(const Login& login) {
  Pool pool;
  const FieldTable properties = ClientProperties(login.connection_name);
  absl::StatusOr<amqp_table_t> table = ToAmqpTable(properties, pool);
  if (!table.ok()) return table.status();
  const std::string response =
      login.mechanism == "PLAIN" ? '\0' + login.user + '\0' + login.password : "";
  amqp_connection_start_ok_t m{};
  m.client_properties = *table;
  m.mechanism = ToBytes(login.mechanism);
  m.response = ToBytes(response);
  m.locale = ToBytes("en_US");
  // Before connection.tune a frame may have 4096 bytes.
  return Encode(0, AMQP_CONNECTION_START_OK_METHOD, m, kFrameMin - kFrameOverhead - 4);
}

std::string TuneOkFrame(const ConnectionTune& tune) {
  return EncodeFixed(0, AMQP_CONNECTION_TUNE_OK_METHOD,
                     amqp_connection_tune_ok_t{tune.channel_max, tune.frame_max, tune.heartbeat});
}

absl::StatusOr<std::string> ConnectionOpenFrame(std::string_view vhost) {
  amqp_connection_open_t m{};
  m.virtual_host = ToBytes(vhost);
  return EncodeNamed(0, AMQP_CONNECTION_OPEN_METHOD, m, {{"virtual host", vhost}});
}

std::string ConnectionCloseFrame(uint16_t code, std::string_view text) {
  amqp_connection_close_t m{};
  m.reply_code = code;
  m.reply_text = ToBytes(text.substr(0, kMaxShortString));
  return EncodeFixed(0, AMQP_CONNECTION_CLOSE_METHOD, m, kRoomForNames);
}

std::string ConnectionCloseOkFrame() {
  return EncodeFixed(0, AMQP_CONNECTION_CLOSE_OK_METHOD, amqp_connection_close_ok_t{});
}

std::string ChannelOpenFrame(uint16_t channel) {
  return EncodeFixed(channel, AMQP_CHANNEL_OPEN_METHOD, amqp_channel_open_t{});
}

std::string ChannelCloseFrame(uint16_t channel, uint16_t code, std::string_view text) {
  amqp_channel_close_t m{};
  m.reply_code = code;
  m.reply_text = ToBytes(text.substr(0, kMaxShortString));
  return EncodeFixed(channel, AMQP_CHANNEL_CLOSE_METHOD, m, kRoomForNames);
}

std::string ChannelCloseOkFrame(uint16_t channel) {
  return EncodeFixed(channel, AMQP_CHANNEL_CLOSE_OK_METHOD, amqp_channel_close_ok_t{});
}

std::string ChannelFlowOkFrame(uint16_t channel, bool active) {
  return EncodeFixed(channel, AMQP_CHANNEL_FLOW_OK_METHOD, amqp_channel_flow_ok_t{Flag(active)});
}

std::string ConfirmSelectFrame(uint16_t channel) {
  return EncodeFixed(channel, AMQP_CONFIRM_SELECT_METHOD, amqp_confirm_select_t{});
}

std::string QosFrame(uint16_t channel, uint16_t prefetch_count) {
  return EncodeFixed(channel, AMQP_BASIC_QOS_METHOD, amqp_basic_qos_t{0, prefetch_count, 0});
}

absl::StatusOr<std::string> ConsumeFrame(uint16_t channel, const ConsumeArgs& args) {
  amqp_basic_consume_t m{};
  m.queue = ToBytes(args.queue);
  m.consumer_tag = ToBytes(args.consumer_tag);
  m.exclusive = Flag(args.exclusive);
  return EncodeWithTable(channel, AMQP_BASIC_CONSUME_METHOD, m, args.arguments,
                         {{"queue name", args.queue}, {"consumer tag", args.consumer_tag}});
}

absl::StatusOr<std::string> CancelFrame(uint16_t channel, std::string_view consumer_tag) {
  return EncodeNamed(channel, AMQP_BASIC_CANCEL_METHOD,
                     amqp_basic_cancel_t{ToBytes(consumer_tag), 0},
                     {{"consumer tag", consumer_tag}});
}

absl::StatusOr<std::string> CancelOkFrame(uint16_t channel, std::string_view consumer_tag) {
  return EncodeNamed(channel, AMQP_BASIC_CANCEL_OK_METHOD,
                     amqp_basic_cancel_ok_t{ToBytes(consumer_tag)},
                     {{"consumer tag", consumer_tag}});
}

absl::StatusOr<std::string> ExchangeDeclareFrame(uint16_t channel, const ExchangeArgs& args) {
  amqp_exchange_declare_t m{};
  m.exchange = ToBytes(args.name);
  m.type = ToBytes(args.type);
  m.passive = Flag(args.passive);
  m.durable = Flag(args.durable);
  m.auto_delete = Flag(args.auto_delete);
  m.internal = Flag(args.internal);
  return EncodeWithTable(channel, AMQP_EXCHANGE_DECLARE_METHOD, m, args.arguments,
                         {{"exchange name", args.name}, {"exchange type", args.type}});
}

absl::StatusOr<std::string> ExchangeDeleteFrame(uint16_t channel, std::string_view name,
                                                bool if_unused) {
  return EncodeNamed(channel, AMQP_EXCHANGE_DELETE_METHOD,
                     amqp_exchange_delete_t{0, ToBytes(name), Flag(if_unused), 0},
                     {{"exchange name", name}});
}

absl::StatusOr<std::string> QueueDeclareFrame(uint16_t channel, const QueueArgs& args) {
  amqp_queue_declare_t m{};
  m.queue = ToBytes(args.name);
  m.passive = Flag(args.passive);
  m.durable = Flag(args.durable);
  m.exclusive = Flag(args.exclusive);
  m.auto_delete = Flag(args.auto_delete);
  return EncodeWithTable(channel, AMQP_QUEUE_DECLARE_METHOD, m, args.arguments,
                         {{"queue name", args.name}});
}

absl::StatusOr<std::string> QueueBindFrame(uint16_t channel, const BindingArgs& args) {
  amqp_queue_bind_t m{};
  m.queue = ToBytes(args.queue);
  m.exchange = ToBytes(args.exchange);
  m.routing_key = ToBytes(args.routing_key);
  return EncodeWithTable(channel, AMQP_QUEUE_BIND_METHOD, m, args.arguments,
                         {{"queue name", args.queue},
                          {"exchange name", args.exchange},
                          {"routing key", args.routing_key}});
}

absl::StatusOr<std::string> QueueUnbindFrame(uint16_t channel, const BindingArgs& args) {
  amqp_queue_unbind_t m{};
  m.queue = ToBytes(args.queue);
  m.exchange = ToBytes(args.exchange);
  m.routing_key = ToBytes(args.routing_key);
  return EncodeWithTable(channel, AMQP_QUEUE_UNBIND_METHOD, m, args.arguments,
                         {{"queue name", args.queue},
                          {"exchange name", args.exchange},
                          {"routing key", args.routing_key}});
}

absl::StatusOr<std::string> QueueDeleteFrame(uint16_t channel, std::string_view name,
                                             bool if_unused, bool if_empty) {
  return EncodeNamed(channel, AMQP_QUEUE_DELETE_METHOD,
                     amqp_queue_delete_t{0, ToBytes(name), Flag(if_unused), Flag(if_empty), 0},
                     {{"queue name", name}});
}

absl::StatusOr<std::string> QueuePurgeFrame(uint16_t channel, std::string_view name) {
  return EncodeNamed(channel, AMQP_QUEUE_PURGE_METHOD, amqp_queue_purge_t{0, ToBytes(name), 0},
                     {{"queue name", name}});
}

std::string AckFrame(uint16_t channel, uint64_t tag, bool multiple) {
  return EncodeFixed(channel, AMQP_BASIC_ACK_METHOD, amqp_basic_ack_t{tag, Flag(multiple)});
}

std::string NackFrame(uint16_t channel, uint64_t tag, bool multiple, bool requeue) {
  return EncodeFixed(channel, AMQP_BASIC_NACK_METHOD,
                     amqp_basic_nack_t{tag, Flag(multiple), Flag(requeue)});
}

std::string RejectFrame(uint16_t channel, uint64_t tag, bool requeue) {
  return EncodeFixed(channel, AMQP_BASIC_REJECT_METHOD, amqp_basic_reject_t{tag, Flag(requeue)});
}

absl::Status AppendBasicPublishFrame(std::string& out, std::string_view exchange,
                                     std::string_view routing_key) {
  if (absl::Status status = CheckNames({{"exchange name", exchange}, {"routing key", routing_key}});
      !status.ok()) {
    return status;
  }
  amqp_basic_publish_t method{};
  method.exchange = ToBytes(exchange);
  method.routing_key = ToBytes(routing_key);
  method.mandatory = 1;
  // Not cleared: a publish costs little more than this.
  std::array<char, kRoomForNames> room;
  const int written = amqp_encode_method(AMQP_BASIC_PUBLISH_METHOD, &method,
                                         ToBytes(std::string_view(room.data(), room.size())));
  if (written < 0) return absl::InvalidArgumentError("the names do not fit one frame");
  const auto size = static_cast<size_t>(written);
  AppendFrameHeader(out, FrameType::kMethod, 0, sizeof(uint32_t) + size);
  AppendNumber(out, uint32_t{AMQP_BASIC_PUBLISH_METHOD});
  out.append(room.data(), size);
  out.push_back(kFrameEnd);
  return absl::OkStatus();
}

}  // namespace amqp_sidecar::amqp
