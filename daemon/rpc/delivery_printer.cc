#include "rpc/delivery_printer.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <string_view>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "rpc/utf8.h"

namespace amqp_sidecar::rpc {
namespace {

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

// U+0080 to U+009F: some terminals take them as they take ESC and what follows it.
bool BeginsHighControl(std::string_view text) {
  return text.size() > 1 && text[0] == '\xC2' && static_cast<unsigned char>(text[1]) < 0xA0;
}

// JSON has no form for a time outside the years 1 to 9999.
bool IsPrintable(const google::protobuf::Timestamp& time) {
  constexpr int64_t kYear1 = -62'135'596'800;
  constexpr int64_t kYear10000 = 253'402'300'800;
  return time.seconds() >= kYear1 && time.seconds() < kYear10000;
}

// Such a time becomes its number of seconds.
void MakePrintable(v1::FieldValue& value) {
  if (value.has_timestamp_value() && !IsPrintable(value.timestamp_value())) {
    const int64_t seconds = value.timestamp_value().seconds();
    value.set_int_value(seconds);
  } else if (value.has_array_value()) {
    for (v1::FieldValue& item : *value.mutable_array_value()->mutable_values()) MakePrintable(item);
  } else if (value.has_table_value()) {
    for (auto& [name, item] : *value.mutable_table_value()->mutable_fields()) MakePrintable(item);
  }
}

void MakePrintable(v1::Properties& properties) {
  if (!IsPrintable(properties.timestamp())) properties.clear_timestamp();
  for (auto& [name, value] : *properties.mutable_headers()) MakePrintable(value);
}

template <typename Proto>
std::string ToJson(const Proto& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  return status.ok() ? json : "";
}

}  // namespace

std::string Escaped(std::string_view text, std::string_view allowed) {
  std::string out;
  const auto escape = [&out](char c) {
    absl::StrAppend(&out, "\\x", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (BeginsHighControl(text.substr(i))) {
      escape(c);
      escape(text[++i]);
    } else if (!IsControl(c) || allowed.find(c) != std::string_view::npos) {
      out.push_back(c);
    } else {
      escape(c);
    }
  }
  return out;
}

void AppendField(std::string& line, const char* key, const std::string& value) {
  if (value.empty()) return;
  const bool bare = value.find_first_of(" \"=\\") == std::string::npos;
  const char* const quote = bare ? "" : "\"";
  if (!line.empty()) line += ' ';
  std::string escaped;
  for (const char c : value) {
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += c;
  }
  absl::StrAppend(&line, key, "=", quote, Escaped(escaped, ""), quote);
}

std::string DeliveryText(const v1::Delivery& delivery) {
  const v1::Properties& properties = delivery.properties();
  std::string line;
  AppendField(line, "delivery_id", delivery.delivery_id());
  AppendField(line, "exchange", delivery.exchange());
  AppendField(line, "routing_key", delivery.routing_key());
  AppendField(line, "message_id", properties.message_id());
  AppendField(line, "content_type", properties.content_type());
  AppendField(line, "attempt", absl::StrCat(delivery.attempt()));
  AppendField(line, "redelivered", delivery.redelivered() ? "true" : "false");
  AppendField(line, "bytes", absl::StrCat(delivery.body().size()));
  AppendField(line, "invalid_reason", delivery.invalid_reason());
  line += '\n';
  if (!IsUtf8(delivery.body())) {
    return line + "(the body is not UTF-8 text; --json shows it in base64)\n";
  }
  return absl::StrCat(line, Escaped(delivery.body(), "\n\t"), "\n");
}

std::string DeliveryJson(const v1::Delivery& delivery) {
  v1::Delivery head = delivery;
  head.clear_body();
  if (head.has_properties()) MakePrintable(*head.mutable_properties());
  std::string json = ToJson(head);
  std::string body;
  if (IsUtf8(delivery.body())) {
    google::protobuf::Value value;
    value.set_string_value(delivery.body());
    body = absl::StrCat("\"body\":", ToJson(value));
  } else {
    body = absl::StrCat("\"body_base64\":\"", absl::Base64Escape(delivery.body()), "\"");
  }
  json.pop_back();
  return absl::StrCat(json, json.size() > 1 ? "," : "", body, "}\n");
}

}  // namespace amqp_sidecar::rpc
