#include "model_wire.h"

namespace amqp_sidecar::simulation {
namespace {

void Append(std::string& bytes, uint64_t value, size_t size) {
  for (size_t i = size; i-- > 0;) bytes.push_back(static_cast<char>(value >> (8 * i)));
}

}  // namespace

std::string_view WireReader::Take(size_t size) {
  if (size > bytes_.size()) {
    ok_ = false;
    bytes_ = {};
    return {};
  }
  const std::string_view taken = bytes_.substr(0, size);
  bytes_.remove_prefix(size);
  return taken;
}

uint64_t WireReader::Number(size_t size) {
  uint64_t value = 0;
  for (const char c : Take(size)) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

std::map<std::string, int64_t> WireReader::Table() {
  std::map<std::string, int64_t> numbers;
  WireReader table(Take(U32()));
  while (table.ok_ && !table.bytes_.empty()) {
    const std::string name = table.Short();
    numbers[name] = table.Value();
  }
  ok_ = ok_ && table.ok_;
  return numbers;
}

int64_t WireReader::Value() {
  switch (U8()) {
    case 't':
    case 'b':
    case 'B':
      return U8();
    case 'I':
    case 'i':
      return static_cast<int32_t>(U32());
    case 'l':
    case 'L':
    case 'T':
    case 'd':
      return static_cast<int64_t>(U64());
    case 'S':
    case 'x':
    case 'A':
      Long();
      return 0;
    case 'F':
      Table();
      return 0;
    case 'V':
      return 0;
    default:
      ok_ = false;
      bytes_ = {};
      return 0;
  }
}

MethodFrame::MethodFrame(uint16_t channel, Method method) {
  bytes_.push_back(static_cast<char>(kMethodFrame));
  Append(bytes_, channel, 2);
  Append(bytes_, 0, 4);
  Append(bytes_, static_cast<uint32_t>(method), 4);
}

MethodFrame& MethodFrame::Number(uint64_t value, size_t size) {
  Append(bytes_, value, size);
  return *this;
}

MethodFrame& MethodFrame::Short(std::string_view text) {
  Append(bytes_, text.size(), 1);
  bytes_ += text;
  return *this;
}

MethodFrame& MethodFrame::Long(std::string_view text) {
  Append(bytes_, text.size(), 4);
  bytes_ += text;
  return *this;
}

std::string MethodFrame::Bytes() {
  const size_t payload = bytes_.size() - (kFrameBytes - 1);
  for (size_t i = 0; i < 4; ++i) bytes_[3 + i] = static_cast<char>(payload >> (8 * (3 - i)));
  bytes_.push_back(static_cast<char>(kFrameEndByte));
  return std::move(bytes_);
}

std::string Frame(uint8_t type, uint16_t channel, std::string_view payload) {
  std::string bytes;
  bytes.reserve(payload.size() + kFrameBytes);
  bytes.push_back(static_cast<char>(type));
  Append(bytes, channel, 2);
  Append(bytes, payload.size(), 4);
  bytes += payload;
  bytes.push_back(static_cast<char>(kFrameEndByte));
  return bytes;
}

bool ReadContentHeader(std::string_view payload, ContentProperties& properties, uint64_t& body) {
  WireReader reader(payload);
  if (reader.U16() != 60 || reader.U16() != 0) return false;
  body = reader.U64();
  if (payload.size() < 14) return false;
  properties.encoded = payload.substr(12);
  const uint16_t flags = reader.U16();
  if ((flags & 3) != 0) return false;
  const auto has = [&](int bit) { return (flags >> bit & 1) != 0; };
  if (has(15)) reader.Short();  // content_type
  if (has(14)) reader.Short();  // content_encoding
  if (has(13)) reader.Table();  // headers
  if (has(12)) properties.persistent = reader.U8() == 2;
  if (has(11)) reader.U8();  // priority
  if (has(10)) properties.correlation_id = reader.Short();
  for (const int text : {9, 8, 7}) {  // reply_to, expiration, message_id
    if (has(text)) reader.Short();
  }
  if (has(6)) reader.U64();              // timestamp
  for (const int text : {5, 4, 3, 2}) {  // type, user_id, app_id, cluster_id
    if (has(text)) reader.Short();
  }
  return reader.done();
}

std::string ContentFrames(uint16_t channel, const std::string& encoded_properties,
                          std::string_view body, size_t frame_max) {
  std::string header;
  Append(header, 60, 2);
  Append(header, 0, 2);
  Append(header, body.size(), 8);
  header += encoded_properties;
  std::string frames = Frame(kHeaderFrame, channel, header);
  const size_t chunk = frame_max - kFrameBytes;
  for (size_t at = 0; at < body.size(); at += chunk) {
    frames += Frame(kBodyFrame, channel, body.substr(at, chunk));
  }
  return frames;
}

}  // namespace amqp_sidecar::simulation
