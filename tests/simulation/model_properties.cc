#include "model_properties.h"

namespace amqp_sidecar::simulation {
namespace {

void Append(std::string& bytes, uint64_t value, size_t size) {
  for (size_t i = size; i-- > 0;) bytes.push_back(static_cast<char>(value >> (8 * i)));
}

void AppendLong(std::string& bytes, std::string_view text) {
  Append(bytes, text.size(), 4);
  bytes += text;
}

void AppendShort(std::string& bytes, std::string_view text) {
  Append(bytes, text.size(), 1);
  bytes += text;
}

void AppendValue(std::string& bytes, const WireValue& value) {
  std::string inner;
  if (const auto* number = value.number()) {
    bytes.push_back('l');
    Append(bytes, static_cast<uint64_t>(*number), 8);
  } else if (const auto* text = value.text()) {
    bytes.push_back('S');
    AppendLong(bytes, *text);
  } else if (const auto* array = value.array()) {
    for (const WireValue& element : *array) AppendValue(inner, element);
    bytes.push_back('A');
    AppendLong(bytes, inner);
  } else if (const auto* table = value.table()) {
    for (const auto& [name, field] : *table) {
      AppendShort(inner, name);
      AppendValue(inner, field);
    }
    bytes.push_back('F');
    AppendLong(bytes, inner);
  } else {
    bytes.push_back('V');
  }
}

}  // namespace

ModelProperties::ModelProperties(std::string_view encoded) {
  WireReader reader(encoded);
  const uint16_t flags = reader.U16();
  for (int bit = 15; bit >= 2; --bit) {
    if ((flags >> bit & 1) == 0) continue;
    const std::string_view before = encoded.substr(encoded.size() - reader.left());
    if (bit == kHeaders) {
      const std::string table = reader.Long();
      WireReader headers(table);
      while (headers.ok() && headers.left() > 0) {
        const std::string name = headers.Short();
        headers_[name] = headers.RawValue();
      }
      continue;
    }
    if (bit == 12 || bit == 11) {  // delivery_mode, priority
      reader.U8();
    } else if (bit == 6) {  // timestamp
      reader.U64();
    } else {
      reader.Short();
    }
    fields_[bit] = before.substr(0, before.size() - reader.left());
  }
}

WireTable ModelProperties::Headers() const {
  WireTable headers;
  for (const auto& [name, raw] : headers_) headers[name] = WireReader(raw).Value();
  return headers;
}

void ModelProperties::SetHeader(const std::string& name, const WireValue& value) {
  std::string raw;
  AppendValue(raw, value);
  headers_[name] = std::move(raw);
}

std::string ModelProperties::ShortText(int bit) const {
  const auto found = fields_.find(bit);
  return found == fields_.end() ? "" : found->second.substr(1);
}

std::string ModelProperties::Bytes() const {
  auto fields = fields_;
  if (!headers_.empty()) {
    std::string inner;
    for (const auto& [name, raw] : headers_) {
      AppendShort(inner, name);
      inner += raw;
    }
    AppendLong(fields[kHeaders], inner);
  }
  uint16_t flags = 0;
  for (const auto& [bit, field] : fields) flags = static_cast<uint16_t>(flags | 1u << bit);
  std::string bytes;
  Append(bytes, flags, 2);
  for (const auto& [bit, field] : fields) bytes += field;
  return bytes;
}

}  // namespace amqp_sidecar::simulation
