#include "rpc/redrive_target.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "broker/message_check.h"
#include "broker/own_queues.h"
#include "broker/received_message.h"
#include "rpc/field_convert.h"
#include "rpc/utf8.h"

namespace amqp_sidecar::rpc {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

const v1::FieldValue* Find(const FieldMap& fields, const std::string& name) {
  const auto it = fields.find(name);
  return it == fields.end() ? nullptr : &it->second;
}

// Empty where it is not there, or is no text.
std::string Text(const FieldMap& fields, const char* name) {
  const v1::FieldValue* value = Find(fields, name);
  return value == nullptr ? std::string() : value->string_value();
}

// The entry of x-death that says where the message failed; the newest come first.
const FieldMap* NewestDeath(const std::string& from, const FieldMap& headers) {
  const v1::FieldValue* deaths = Find(headers, "x-death");
  if (deaths == nullptr) return nullptr;
  for (const v1::FieldValue& death : deaths->array_value().values()) {
    const FieldMap& fields = death.table_value().fields();
    const std::string queue = Text(fields, "queue");
    if (!queue.empty() && queue != from && !queue.starts_with(broker::OwnQueues::kWaitPrefix))
      return &fields;
  }
  return nullptr;
}

std::string OriginQueue(const std::string& from, const FieldMap& headers) {
  std::string queue = Text(headers, "x-sidecar-queue");
  if (!queue.empty() && queue != from) return queue;
  const FieldMap* death = NewestDeath(from, headers);
  return death == nullptr ? std::string() : Text(*death, "queue");
}

// Absent where nothing says what it was first published with.
const v1::FieldValue* FirstRoutingKey(const std::string& from, const FieldMap& headers) {
  if (const v1::FieldValue* key = Find(headers, "x-sidecar-routing-key")) return key;
  // It waited for an attempt, and the broker dead-lettered it after that.
  if (const v1::FieldValue* retry = Find(headers, std::string(broker::kRetryHeader))) {
    return Find(retry->table_value().fields(), "routing-key");
  }
  const FieldMap* death = NewestDeath(from, headers);
  const v1::FieldValue* keys = death == nullptr ? nullptr : Find(*death, "routing-keys");
  const bool any = keys != nullptr && keys->array_value().values_size() > 0;
  return any ? &keys->array_value().values(0) : nullptr;
}

std::string OwnRoutingKey(const std::string& from, const v1::Delivery& delivery) {
  const v1::FieldValue* key = FirstRoutingKey(from, delivery.properties().headers());
  if (key == nullptr) return delivery.routing_key();
  // One that is not UTF-8 comes as bytes.
  return key->has_bytes_value() ? ToUtf8(key->bytes_value()) : key->string_value();
}

bool Lost(std::string_view text) { return text.find(kReplacement) != std::string_view::npos; }

bool LostName(const FieldMap& fields);

bool LostName(const v1::FieldValue& value) {
  if (value.has_table_value()) return LostName(value.table_value().fields());
  const auto& items = value.array_value().values();
  return std::any_of(items.begin(), items.end(), [](const auto& item) { return LostName(item); });
}

bool LostName(const FieldMap& fields) {
  return std::any_of(fields.begin(), fields.end(),
                     [](const auto& field) { return Lost(field.first) || LostName(field.second); });
}

}  // namespace

std::optional<RedriveTarget> TargetOf(const RedriveRule& rule, const v1::Delivery& delivery) {
  if (rule.to_queue) return RedriveTarget{"", *rule.to_queue};
  if (rule.to_exchange) {
    return RedriveTarget{*rule.to_exchange,
                         rule.routing_key ? *rule.routing_key : OwnRoutingKey(rule.from, delivery)};
  }
  std::string queue = OriginQueue(rule.from, delivery.properties().headers());
  if (queue.empty()) return std::nullopt;
  return RedriveTarget{"", std::move(queue)};
}

v1::Message MessageFor(RedriveTarget target, v1::Delivery& delivery) {
  v1::Message message;
  message.set_exchange(std::move(target.exchange));
  message.set_routing_key(std::move(target.routing_key));
  message.set_body(std::move(*delivery.mutable_body()));
  v1::Properties& properties = *message.mutable_properties();
  properties.Swap(delivery.mutable_properties());
  properties.clear_user_id();
  FieldMap& headers = *properties.mutable_headers();
  for (auto it = headers.begin(); it != headers.end();) {
    // The last is a stream's position, which the broker adds to what it delivers.
    const bool reserved = broker::IsReservedHeader(it->first) || it->first == "x-stream-offset";
    it = reserved ? headers.erase(it) : std::next(it);
  }
  return message;
}

bool LostText(const v1::Message& message) {
  const v1::Properties& of = message.properties();
  for (const std::string* text :
       {&message.routing_key(), &of.content_type(), &of.content_encoding(), &of.correlation_id(),
        &of.reply_to(), &of.message_id(), &of.type(), &of.app_id()}) {
    if (Lost(*text)) return true;
  }
  return LostName(of.headers());
}

}  // namespace amqp_sidecar::rpc
