#include "amqp/content_codec.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "amqp/frame.h"
#include "amqp/rabbitmq_c.h"
#include "amqp/table_codec.h"
#include "amqp/table_scan.h"
#include "amqp/wire.h"

namespace amqp_sidecar::amqp {
namespace {

constexpr size_t kMaxShortString = 255;
constexpr uint16_t kBasicClass = AMQP_BASIC_CLASS;

// Each text property: what it is called, its flag, where it is in our struct and in rabbitmq-c's.
struct TextProperty {
  const char* name;
  uint32_t flag;
  std::string Properties::* ours;
  amqp_bytes_t amqp_basic_properties_t::* theirs;
};

constexpr TextProperty kTextProperties[] = {
    {"content_type", AMQP_BASIC_CONTENT_TYPE_FLAG, &Properties::content_type,
     &amqp_basic_properties_t::content_type},
    {"content_encoding", AMQP_BASIC_CONTENT_ENCODING_FLAG, &Properties::content_encoding,
     &amqp_basic_properties_t::content_encoding},
    {"correlation_id", AMQP_BASIC_CORRELATION_ID_FLAG, &Properties::correlation_id,
     &amqp_basic_properties_t::correlation_id},
    {"reply_to", AMQP_BASIC_REPLY_TO_FLAG, &Properties::reply_to,
     &amqp_basic_properties_t::reply_to},
    {"expiration", AMQP_BASIC_EXPIRATION_FLAG, &Properties::expiration,
     &amqp_basic_properties_t::expiration},
    {"message_id", AMQP_BASIC_MESSAGE_ID_FLAG, &Properties::message_id,
     &amqp_basic_properties_t::message_id},
    {"type", AMQP_BASIC_TYPE_FLAG, &Properties::type, &amqp_basic_properties_t::type},
    {"user_id", AMQP_BASIC_USER_ID_FLAG, &Properties::user_id, &amqp_basic_properties_t::user_id},
    {"app_id", AMQP_BASIC_APP_ID_FLAG, &Properties::app_id, &amqp_basic_properties_t::app_id},
};

absl::StatusOr<amqp_basic_properties_t> ToAmqpProperties(const Properties& properties, Pool& pool) {
  amqp_basic_properties_t out{};
  for (const TextProperty& property : kTextProperties) {
    const std::string& text = properties.*property.ours;
    if (text.empty()) continue;
    if (text.size() > kMaxShortString) {
      return absl::InvalidArgumentError(
          absl::StrCat(property.name, " is over ", kMaxShortString, " bytes"));
    }
    out._flags |= property.flag;
    out.*property.theirs = ToBytes(text);
  }
  if (!properties.headers.empty()) {
    absl::StatusOr<amqp_table_t> table = ToAmqpTable(properties.headers, pool);
    if (!table.ok()) return table.status();
    out._flags |= AMQP_BASIC_HEADERS_FLAG;
    out.headers = *table;
  }
  if (properties.delivery_mode != 0) {
    out._flags |= AMQP_BASIC_DELIVERY_MODE_FLAG;
    out.delivery_mode = properties.delivery_mode;
  }
  if (properties.priority != 0) {
    out._flags |= AMQP_BASIC_PRIORITY_FLAG;
    out.priority = properties.priority;
  }
  if (properties.timestamp.seconds != 0) {
    out._flags |= AMQP_BASIC_TIMESTAMP_FLAG;
    out.timestamp = static_cast<uint64_t>(properties.timestamp.seconds);
  }
  return out;
}

// What is left of the largest frame behind class, weight and body size.
constexpr size_t kMostProperties = kFrameMax - kFrameOverhead - 12;

void FromAmqpProperties(const amqp_basic_properties_t& decoded, Properties& out) {
  for (const TextProperty& property : kTextProperties) {
    if ((decoded._flags & property.flag) != 0) {
      out.*property.ours = ToString(decoded.*property.theirs);
    }
  }
  if ((decoded._flags & AMQP_BASIC_HEADERS_FLAG) != 0) out.headers = FromAmqpTable(decoded.headers);
  if ((decoded._flags & AMQP_BASIC_DELIVERY_MODE_FLAG) != 0) {
    out.delivery_mode = decoded.delivery_mode;
  }
  if ((decoded._flags & AMQP_BASIC_PRIORITY_FLAG) != 0) out.priority = decoded.priority;
  if ((decoded._flags & AMQP_BASIC_TIMESTAMP_FLAG) != 0) {
    out.timestamp.seconds = static_cast<int64_t>(decoded.timestamp);
  }
}

// Where the headers table begins in the encoded properties (flags first); nothing where the text
// before it is torn.
std::optional<size_t> HeadersAt(std::string_view encoded, uint16_t flags) {
  size_t at = 2;
  for (const int flag : {1 << 15, 1 << 14}) {
    if ((flags & flag) == 0) continue;
    if (at >= encoded.size()) return std::nullopt;
    at += 1 + size_t{ReadNumber<uint8_t>(encoded.substr(at))};
  }
  if (at > encoded.size()) return std::nullopt;
  return at;
}

Violation Malformed() { return {kReplySyntaxError, "a content header cannot be decoded"}; }

}  // namespace

absl::Status AppendContentHeaderFrame(std::string& out, const Properties& properties,
                                      uint64_t body_bytes) {
  Pool pool;
  absl::StatusOr<amqp_basic_properties_t> encodable = ToAmqpProperties(properties, pool);
  if (!encodable.ok()) return encodable.status();

  // Headers may fill a whole frame: the room for them is kept, since making and clearing it would
  // cost more than the encoding.
  thread_local std::string room(kFrameMax, '\0');
  const int written = amqp_encode_properties(
      kBasicClass, &*encodable, ToBytes(std::string_view(room).substr(0, kMostProperties)));
  if (written < 0) return absl::InvalidArgumentError("the properties do not fit one frame");
  const size_t size = static_cast<size_t>(written);

  AppendFrameHeader(out, FrameType::kHeader, 0, 12 + size);
  AppendNumber(out, kBasicClass);
  AppendNumber(out, uint16_t{0});
  AppendNumber(out, body_bytes);
  out.append(room, 0, size);
  out.push_back(kFrameEnd);
  return absl::OkStatus();
}

absl::StatusOr<std::string> ContentHeaderFrame(const Properties& properties, uint64_t body_bytes) {
  std::string frame;
  if (absl::Status status = AppendContentHeaderFrame(frame, properties, body_bytes); !status.ok()) {
    return status;
  }
  return frame;
}

std::variant<ContentHeader, Violation> DecodeContentHeader(std::string_view payload) {
  if (ReadNumber<uint16_t>(payload) != kBasicClass) {
    return Violation{kReplyFrameError, "a content header of another class than basic"};
  }
  std::variant<ContentHeader, Violation> result;
  auto& header = std::get<ContentHeader>(result);
  header.body_bytes = ReadNumber<uint64_t>(payload.substr(4));
  const std::string_view encoded = payload.substr(12);
  const auto flags = ReadNumber<uint16_t>(encoded);
  // The lowest bit announces more flags, which basic has none of.
  if ((flags & 1) != 0) return Malformed();
  if ((flags & AMQP_BASIC_HEADERS_FLAG) != 0) {
    const std::optional<size_t> at = HeadersAt(encoded, flags);
    if (!at) return Malformed();
    const TableVerdict verdict = ScanTable(encoded.substr(*at));
    if (verdict == TableVerdict::kMalformed) return Malformed();
    if (verdict == TableVerdict::kTooComplex) {
      header.too_complex = true;
      return result;
    }
  }
  // Its pages are kept: making and clearing them would cost more than the decoding.
  thread_local Pool pool;
  pool.Recycle();
  void* decoded = nullptr;
  if (amqp_decode_properties(kBasicClass, pool.get(), ToBytes(encoded), &decoded) !=
      AMQP_STATUS_OK) {
    return Malformed();
  }
  FromAmqpProperties(*static_cast<amqp_basic_properties_t*>(decoded), header.properties);
  return result;
}

}  // namespace amqp_sidecar::amqp
