#include "convert.h"

#include <cstring>
#include <stdexcept>
#include <string>

namespace amqp_sidecar {
namespace {

constexpr int kMostNesting = 16;

template <typename... Cases>
struct Overload : Cases... {
  using Cases::operator()...;
};

// How many bytes the character at the front takes; 0 where it is not well-formed UTF-8.
std::size_t CharacterSize(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  // What could be shorter, halves of surrogate pairs, and what is beyond U+10FFFF.
  const auto second = byte(1);
  if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
      (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) {
    return 0;
  }
  return size;
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    if (text.size() >= sizeof(std::uint64_t)) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data(), sizeof(word));
      if ((word & 0x8080808080808080) == 0) {
        text.remove_prefix(sizeof(word));
        continue;
      }
    }
    const std::size_t size = CharacterSize(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

void SetTable(const Table& table, FieldMap& map, int depth);

void SetValue(const std::string& name, const Value& value, v1::FieldValue& out, int depth) {
  if (depth > kMostNesting) throw std::invalid_argument("header \"" + name + "\" nests too deep");
  const Overload set{
      [](std::monostate) {},
      [&](const std::string& text) {
        CheckText("header \"" + name + "\"", text);
        out.set_string_value(text);
      },
      [&](std::int64_t number) { out.set_int_value(number); },
      [&](double number) { out.set_double_value(number); },
      [&](bool flag) { out.set_bool_value(flag); },
      [&](const Bytes& bytes) { out.set_bytes_value(bytes.data); },
      [&](Timestamp time) {
        out.mutable_timestamp_value()->set_seconds(time.time_since_epoch().count());
      },
      [&](const Array& array) {
        auto& values = *out.mutable_array_value()->mutable_values();
        for (const Value& element : array) SetValue(name, element, *values.Add(), depth + 1);
      },
      [&](const Table& table) {
        SetTable(table, *out.mutable_table_value()->mutable_fields(), depth + 1);
      },
  };
  std::visit(set, value);
}

void SetTable(const Table& table, FieldMap& map, int depth) {
  for (const auto& [name, value] : table) {
    CheckText("the name of a header", name);
    SetValue(name, value, map[name], depth);
  }
}

Value ValueOf(const v1::FieldValue& value) {
  switch (value.kind_case()) {
    case v1::FieldValue::kStringValue:
      return value.string_value();
    case v1::FieldValue::kIntValue:
      return static_cast<std::int64_t>(value.int_value());
    case v1::FieldValue::kDoubleValue:
      return value.double_value();
    case v1::FieldValue::kBoolValue:
      return value.bool_value();
    case v1::FieldValue::kBytesValue:
      return Bytes{value.bytes_value()};
    case v1::FieldValue::kTimestampValue:
      return Timestamp(std::chrono::seconds(value.timestamp_value().seconds()));
    case v1::FieldValue::kArrayValue: {
      Array array;
      for (const v1::FieldValue& element : value.array_value().values()) {
        array.push_back(ValueOf(element));
      }
      return array;
    }
    case v1::FieldValue::kTableValue:
      return FromProto(value.table_value().fields());
    case v1::FieldValue::KIND_NOT_SET:
      break;
  }
  return {};
}

}  // namespace

void CheckText(const std::string& what, std::string_view text) {
  if (!IsUtf8(text)) throw std::invalid_argument(what + " is not UTF-8");
}

void ToProto(const Table& table, FieldMap& map) { SetTable(table, map, 1); }

google::protobuf::Duration ToProto(std::chrono::milliseconds span) {
  google::protobuf::Duration out;
  out.set_seconds(span.count() / 1000);
  out.set_nanos(static_cast<std::int32_t>(span.count() % 1000) * 1'000'000);
  return out;
}

void ToProto(const Properties& properties, v1::Properties& out) {
  const auto set = [](const char* name, const std::string& text, auto setter) {
    if (text.empty()) return;
    CheckText(name, text);
    setter(text);
  };
  set("content_type", properties.content_type, [&](auto& text) { out.set_content_type(text); });
  set("content_encoding", properties.content_encoding,
      [&](auto& text) { out.set_content_encoding(text); });
  set("correlation_id", properties.correlation_id,
      [&](auto& text) { out.set_correlation_id(text); });
  set("reply_to", properties.reply_to, [&](auto& text) { out.set_reply_to(text); });
  set("message_id", properties.message_id, [&](auto& text) { out.set_message_id(text); });
  set("type", properties.type, [&](auto& text) { out.set_type(text); });
  set("user_id", properties.user_id, [&](auto& text) { out.set_user_id(text); });
  set("app_id", properties.app_id, [&](auto& text) { out.set_app_id(text); });
  if (!properties.headers.empty()) ToProto(properties.headers, *out.mutable_headers());
  out.set_delivery_mode(static_cast<v1::DeliveryMode>(properties.delivery_mode));
  out.set_priority(properties.priority);
  if (properties.expiration) *out.mutable_expiration() = ToProto(*properties.expiration);
  if (properties.timestamp) {
    out.mutable_timestamp()->set_seconds(properties.timestamp->time_since_epoch().count());
  }
}

void ToProto(const Exchange& exchange, v1::Exchange& out) {
  CheckText("the exchange's name", exchange.name);
  CheckText("the exchange's type", exchange.type);
  out.set_name(exchange.name);
  out.set_type(exchange.type);
  out.set_durable(exchange.durable);
  out.set_auto_delete(exchange.auto_delete);
  out.set_internal(exchange.internal);
  ToProto(exchange.arguments, *out.mutable_arguments());
}

void ToProto(const Queue& queue, v1::Queue& out) {
  CheckText("the queue's name", queue.name);
  out.set_name(queue.name);
  out.set_type(static_cast<v1::QueueType>(queue.type));
  out.set_durable(queue.durable);
  out.set_exclusive(queue.exclusive);
  out.set_auto_delete(queue.auto_delete);
  ToProto(queue.arguments, *out.mutable_arguments());
}

void ToProto(const Binding& binding, v1::Binding& out) {
  CheckText("the binding's queue", binding.queue);
  CheckText("the binding's exchange", binding.exchange);
  CheckText("the binding's routing key", binding.routing_key);
  out.set_queue(binding.queue);
  out.set_exchange(binding.exchange);
  out.set_routing_key(binding.routing_key);
  ToProto(binding.arguments, *out.mutable_arguments());
}

Table FromProto(const FieldMap& map) {
  Table table;
  for (const auto& [name, value] : map) table.emplace(name, ValueOf(value));
  return table;
}

Properties FromProto(const v1::Properties& properties) {
  Properties out;
  out.content_type = properties.content_type();
  out.content_encoding = properties.content_encoding();
  out.headers = FromProto(properties.headers());
  out.delivery_mode = static_cast<DeliveryMode>(properties.delivery_mode());
  out.priority = properties.priority();
  out.correlation_id = properties.correlation_id();
  out.reply_to = properties.reply_to();
  if (properties.has_expiration()) {
    out.expiration = std::chrono::milliseconds(properties.expiration().seconds() * 1000 +
                                               properties.expiration().nanos() / 1'000'000);
  }
  out.message_id = properties.message_id();
  if (properties.has_timestamp()) {
    out.timestamp = Timestamp(std::chrono::seconds(properties.timestamp().seconds()));
  }
  out.type = properties.type();
  out.user_id = properties.user_id();
  out.app_id = properties.app_id();
  return out;
}

}  // namespace amqp_sidecar
