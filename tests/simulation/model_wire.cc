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

WireTable WireReader::Table() {
  WireTable fields;
  WireReader table(Take(U32()));
  while (table.ok_ && !table.bytes_.empty()) {
    const std::string name = table.Short();
    fields[name] = table.Value();
  }
  ok_ = ok_ && table.ok_;
  return fields;
}

WireArray WireReader::Array() {
  WireArray values;
  WireReader array(Take(U32()));
  while (array.ok_ && !array.bytes_.empty()) values.push_back(array.Value());
  ok_ = ok_ && array.ok_;
  return values;
}

std::string WireReader::RawValue() {
  const std::string_view before = bytes_;
  Value();
  return std::string(before.substr(0, before.size() - bytes_.size()));
}

WireValue WireReader::Value() {
  const auto number = [](auto value) { return WireValue{static_cast<int64_t>(value)}; };
  switch (U8()) {
    case 't':
    case 'B':
      return number(U8());
    case 'b':
      return number(static_cast<int8_t>(U8()));
    case 's':
      return number(static_cast<int16_t>(U16()));
    case 'u':
      return number(U16());
    case 'I':
      return number(static_cast<int32_t>(U32()));
    case 'i':
      return number(U32());
    case 'l':
    case 'L':
    case 'T':
      return number(U64());
    case 'S':
      return {Long()};
    case 'A':
      return {Array()};
    case 'F':
      return {Table()};
    case 'f':
      U32();
      return {};
    case 'd':
      U64();
      return {};
    case 'D':
      U8();
      U32();
      return {};
    case 'x':
      Long();
      return {};
    case 'V':
      return {};
    default:
      ok_ = false;
      bytes_ = {};
      return {};
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
  if (has(13)) properties.headers = reader.Table();
  if (has(12)) properties.persistent = reader.U8() == 2;
  if (has(11)) reader.U8();  // priority
  if (has(10)) properties.correlation_id = reader.Short();
  if (has(9)) reader.Short();  // reply_to
  if (has(8)) properties.expiration = reader.Short();
  if (has(7)) reader.Short();  // message_id
  if (has(6)) reader.U64();    // timestamp
  if (has(5)) reader.Short();  // type
  if (has(4)) properties.user_id = reader.Short();
  if (has(3)) reader.Short();  // app_id
  if (has(2)) reader.Short();  // cluster_id
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
