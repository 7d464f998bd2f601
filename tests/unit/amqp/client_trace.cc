#include "client_trace.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>

#include "amqp/content_codec.h"
#include "amqp/frame.h"
#include "amqp/rabbitmq_c.h"
#include "amqp/wire.h"

namespace amqp_sidecar::amqp {
namespace {

[[noreturn]] void Die(const char* why) {
  std::fprintf(stderr, "the client wrote %s\n", why);
  std::abort();
}

// AMQP_QUEUE_DECLARE_METHOD becomes queue.declare.
std::string NameOf(uint32_t id) {
  const char* constant = amqp_method_name(id);
  if (constant == nullptr) Die("an unknown method");
  std::string name = std::string(constant).substr(5);
  name.resize(name.size() - std::string_view("_METHOD").size());
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  std::replace(name.begin(), name.end(), '_', '-');
  name.replace(name.find('-'), 1, ".");
  return name;
}

std::string Flag(const char* name, int value) { return value != 0 ? std::string(" ") + name : ""; }

std::string Arguments(uint32_t id, void* decoded) {
  switch (id) {
    case AMQP_CONNECTION_START_OK_METHOD: {
      const auto& m = *static_cast<amqp_connection_start_ok_t*>(decoded);
      return " " + ToString(m.mechanism) + " " + std::to_string(m.client_properties.num_entries);
    }
    case AMQP_CONNECTION_TUNE_OK_METHOD: {
      const auto& m = *static_cast<amqp_connection_tune_ok_t*>(decoded);
      return " " + std::to_string(m.channel_max) + " " + std::to_string(m.frame_max) + " " +
             std::to_string(m.heartbeat);
    }
    case AMQP_CONNECTION_OPEN_METHOD:
      return " " + ToString(static_cast<amqp_connection_open_t*>(decoded)->virtual_host);
    case AMQP_CONNECTION_CLOSE_METHOD:
      return " " + std::to_string(static_cast<amqp_connection_close_t*>(decoded)->reply_code);
    case AMQP_CHANNEL_CLOSE_METHOD:
      return " " + std::to_string(static_cast<amqp_channel_close_t*>(decoded)->reply_code);
    case AMQP_CHANNEL_FLOW_OK_METHOD:
      return Flag("active", static_cast<amqp_channel_flow_ok_t*>(decoded)->active);
    case AMQP_BASIC_PUBLISH_METHOD: {
      const auto& m = *static_cast<amqp_basic_publish_t*>(decoded);
      return " " + ToString(m.exchange) + "/" + ToString(m.routing_key) +
             Flag("mandatory", m.mandatory) + Flag("immediate", m.immediate);
    }
    case AMQP_BASIC_ACK_METHOD: {
      const auto& m = *static_cast<amqp_basic_ack_t*>(decoded);
      return " " + std::to_string(m.delivery_tag) + Flag("multiple", m.multiple);
    }
    case AMQP_BASIC_NACK_METHOD: {
      const auto& m = *static_cast<amqp_basic_nack_t*>(decoded);
      return " " + std::to_string(m.delivery_tag) + Flag("multiple", m.multiple) +
             Flag("requeue", m.requeue);
    }
    case AMQP_BASIC_REJECT_METHOD: {
      const auto& m = *static_cast<amqp_basic_reject_t*>(decoded);
      return " " + std::to_string(m.delivery_tag) + Flag("requeue", m.requeue);
    }
    case AMQP_BASIC_QOS_METHOD:
      return " " + std::to_string(static_cast<amqp_basic_qos_t*>(decoded)->prefetch_count);
    case AMQP_BASIC_CONSUME_METHOD: {
      const auto& m = *static_cast<amqp_basic_consume_t*>(decoded);
      return " " + ToString(m.queue) + " " + ToString(m.consumer_tag) + Flag("no-ack", m.no_ack) +
             Flag("exclusive", m.exclusive);
    }
    case AMQP_BASIC_CANCEL_METHOD:
      return " " + ToString(static_cast<amqp_basic_cancel_t*>(decoded)->consumer_tag);
    case AMQP_EXCHANGE_DECLARE_METHOD: {
      const auto& m = *static_cast<amqp_exchange_declare_t*>(decoded);
      return " " + ToString(m.exchange) + " " + ToString(m.type) + Flag("passive", m.passive) +
             Flag("durable", m.durable) + Flag("auto-delete", m.auto_delete) +
             Flag("internal", m.internal);
    }
    case AMQP_EXCHANGE_DELETE_METHOD: {
      const auto& m = *static_cast<amqp_exchange_delete_t*>(decoded);
      return " " + ToString(m.exchange) + Flag("if-unused", m.if_unused);
    }
    case AMQP_QUEUE_DECLARE_METHOD: {
      const auto& m = *static_cast<amqp_queue_declare_t*>(decoded);
      return " " + ToString(m.queue) + Flag("passive", m.passive) + Flag("durable", m.durable) +
             Flag("exclusive", m.exclusive) + Flag("auto-delete", m.auto_delete) +
             (m.arguments.num_entries > 0 ? " +" + std::to_string(m.arguments.num_entries) : "");
    }
    case AMQP_QUEUE_BIND_METHOD: {
      const auto& m = *static_cast<amqp_queue_bind_t*>(decoded);
      return " " + ToString(m.queue) + " " + ToString(m.exchange) + "/" + ToString(m.routing_key);
    }
    case AMQP_QUEUE_UNBIND_METHOD: {
      const auto& m = *static_cast<amqp_queue_unbind_t*>(decoded);
      return " " + ToString(m.queue) + " " + ToString(m.exchange) + "/" + ToString(m.routing_key);
    }
    case AMQP_QUEUE_DELETE_METHOD: {
      const auto& m = *static_cast<amqp_queue_delete_t*>(decoded);
      return " " + ToString(m.queue) + Flag("if-unused", m.if_unused) +
             Flag("if-empty", m.if_empty);
    }
    case AMQP_QUEUE_PURGE_METHOD:
      return " " + ToString(static_cast<amqp_queue_purge_t*>(decoded)->queue);
    default:
      return "";
  }
}

std::string DescribeMethod(const Frame& frame) {
  Pool pool;
  void* decoded = nullptr;
  const auto id = ReadNumber<uint32_t>(frame.payload);
  if (amqp_decode_method(id, pool.get(), ToBytes(frame.payload.substr(4)), &decoded) != 0) {
    Die("a method that cannot be decoded");
  }
  std::string line = NameOf(id);
  if (frame.channel != 0) line += " " + std::to_string(frame.channel);
  return line + Arguments(id, decoded);
}

}  // namespace

std::vector<std::string> Describe(std::string_view bytes) {
  std::vector<std::string> lines;
  if (bytes.substr(0, 8) == ProtocolHeader()) {
    lines.push_back("AMQP 0-9-1");
    bytes.remove_prefix(8);
  }
  FrameReader reader;
  reader.Feed(bytes);
  size_t seen = 0;
  Frame frame;
  while (reader.Next(frame) == FrameReader::Result::kFrame) {
    seen += frame.payload.size() + kFrameOverhead;
    const std::string channel = std::to_string(frame.channel);
    switch (frame.type) {
      case FrameType::kMethod:
        lines.push_back(DescribeMethod(frame));
        break;
      case FrameType::kHeader:
        lines.push_back("header " + channel + " " +
                        std::to_string(ReadNumber<uint64_t>(frame.payload.substr(4))));
        break;
      case FrameType::kBody:
        lines.push_back("body " + channel + " " + std::to_string(frame.payload.size()));
        break;
      case FrameType::kHeartbeat:
        lines.push_back("heartbeat");
        break;
    }
  }
  if (seen != bytes.size()) Die("something that is not whole frames");
  return lines;
}

}  // namespace amqp_sidecar::amqp
