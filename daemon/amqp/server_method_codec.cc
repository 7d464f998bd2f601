#include "amqp/server_method_codec.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "amqp/rabbitmq_c.h"
#include "amqp/table_codec.h"
#include "amqp/table_scan.h"
#include "amqp/wire.h"

namespace amqp_sidecar::amqp {
namespace {

using Decoded = std::variant<ServerMethod, Violation>;

// Text for people: no more of it than a log line bears.
std::string TextOf(const FieldTable& table, const char* name) {
  const auto found = table.find(name);
  if (found == table.end()) return {};
  const auto* text = std::get_if<std::string>(&found->second.value);
  return text == nullptr ? std::string() : text->substr(0, 255);
}

ServerMethod FromStart(const amqp_connection_start_t& m) {
  const FieldTable properties = FromAmqpTable(m.server_properties);
  return ConnectionStart{m.version_major, m.version_minor, TextOf(properties, "product"),
                         TextOf(properties, "version"), ToString(m.mechanisms)};
}

ServerMethod FromDeliver(const amqp_basic_deliver_t& m) {
  return BasicDeliver{ToString(m.consumer_tag), m.delivery_tag, m.redelivered != 0,
                      ToString(m.exchange), ToString(m.routing_key)};
}

ServerMethod FromReturn(const amqp_basic_return_t& m) {
  return BasicReturn{m.reply_code, ToString(m.reply_text), ToString(m.exchange),
                     ToString(m.routing_key)};
}

ServerMethod FromOk(uint32_t id, const void* decoded) {
  MethodOk ok;
  ok.method = static_cast<OkMethod>(id);
  if (ok.method == OkMethod::kQueueDeclareOk) {
    const auto& m = *static_cast<const amqp_queue_declare_ok_t*>(decoded);
    ok.queue = ToString(m.queue);
    ok.message_count = m.message_count;
    ok.consumer_count = m.consumer_count;
  } else if (ok.method == OkMethod::kQueuePurgeOk) {
    ok.message_count = static_cast<const amqp_queue_purge_ok_t*>(decoded)->message_count;
  } else if (ok.method == OkMethod::kQueueDeleteOk) {
    ok.message_count = static_cast<const amqp_queue_delete_ok_t*>(decoded)->message_count;
  }
  return ok;
}

bool IsOk(uint32_t id) {
  switch (static_cast<OkMethod>(id)) {
    case OkMethod::kConnectionOpenOk:
    case OkMethod::kConnectionCloseOk:
    case OkMethod::kChannelOpenOk:
    case OkMethod::kChannelCloseOk:
    case OkMethod::kExchangeDeclareOk:
    case OkMethod::kExchangeDeleteOk:
    case OkMethod::kQueueDeclareOk:
    case OkMethod::kQueueBindOk:
    case OkMethod::kQueuePurgeOk:
    case OkMethod::kQueueDeleteOk:
    case OkMethod::kQueueUnbindOk:
    case OkMethod::kBasicQosOk:
    case OkMethod::kBasicConsumeOk:
    case OkMethod::kBasicCancelOk:
    case OkMethod::kConfirmSelectOk:
      return true;
  }
  return false;
}

Decoded Translate(uint32_t id, const void* decoded) {
  switch (id) {
    case AMQP_CONNECTION_START_METHOD:
      return FromStart(*static_cast<const amqp_connection_start_t*>(decoded));
    case AMQP_CONNECTION_TUNE_METHOD: {
      const auto& m = *static_cast<const amqp_connection_tune_t*>(decoded);
      return ConnectionTune{m.channel_max, m.frame_max, m.heartbeat};
    }
    case AMQP_CONNECTION_CLOSE_METHOD: {
      const auto& m = *static_cast<const amqp_connection_close_t*>(decoded);
      return ConnectionClose{m.reply_code, ToString(m.reply_text)};
    }
    case AMQP_CONNECTION_BLOCKED_METHOD:
      return ConnectionBlocked{
          ToString(static_cast<const amqp_connection_blocked_t*>(decoded)->reason)};
    case AMQP_CONNECTION_UNBLOCKED_METHOD:
      return ConnectionUnblocked{};
    case AMQP_CHANNEL_FLOW_METHOD:
      return ChannelFlow{static_cast<const amqp_channel_flow_t*>(decoded)->active != 0};
    case AMQP_CHANNEL_CLOSE_METHOD: {
      const auto& m = *static_cast<const amqp_channel_close_t*>(decoded);
      return ChannelClose{m.reply_code, ToString(m.reply_text)};
    }
    case AMQP_BASIC_DELIVER_METHOD:
      return FromDeliver(*static_cast<const amqp_basic_deliver_t*>(decoded));
    case AMQP_BASIC_RETURN_METHOD:
      return FromReturn(*static_cast<const amqp_basic_return_t*>(decoded));
    case AMQP_BASIC_ACK_METHOD: {
      const auto& m = *static_cast<const amqp_basic_ack_t*>(decoded);
      return BasicConfirm{m.delivery_tag, m.multiple != 0, true};
    }
    case AMQP_BASIC_NACK_METHOD: {
      const auto& m = *static_cast<const amqp_basic_nack_t*>(decoded);
      return BasicConfirm{m.delivery_tag, m.multiple != 0, false};
    }
    case AMQP_BASIC_CANCEL_METHOD: {
      const auto& m = *static_cast<const amqp_basic_cancel_t*>(decoded);
      return BasicCancel{ToString(m.consumer_tag), m.nowait != 0};
    }
    default:
      if (IsOk(id)) return FromOk(id, decoded);
      return Violation{kReplyNotImplemented,
                       absl::StrCat("method ", id >> 16, ".", id & 0xFFFF, " was not expected")};
  }
}

}  // namespace

class ServerMethodDecoder::Impl {
 public:
  Decoded Decode(std::string_view payload) {
    const auto id = ReadNumber<uint32_t>(payload);
    payload.remove_prefix(4);
    // The one method from a broker that carries a table, behind the two version bytes.
    if (id == AMQP_CONNECTION_START_METHOD &&
        (payload.size() < 2 || ScanTable(payload.substr(2)) != TableVerdict::kOk)) {
      return Malformed(id);
    }
    pool_.Recycle();
    void* decoded = nullptr;
    if (amqp_decode_method(id, pool_.get(), ToBytes(payload), &decoded) != AMQP_STATUS_OK) {
      return Malformed(id);
    }
    return Translate(id, decoded);
  }

 private:
  static Violation Malformed(uint32_t id) {
    return {kReplySyntaxError,
            absl::StrCat("method ", id >> 16, ".", id & 0xFFFF, " cannot be decoded")};
  }

  Pool pool_;
};

ServerMethodDecoder::ServerMethodDecoder() : impl_(std::make_unique<Impl>()) {}
ServerMethodDecoder::~ServerMethodDecoder() = default;

Decoded ServerMethodDecoder::Decode(std::string_view payload) { return impl_->Decode(payload); }

}  // namespace amqp_sidecar::amqp
