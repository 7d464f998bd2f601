#include "broker/received_message.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/planted.h"
#include "broker/uuid.h"

namespace amqp_sidecar::broker {
namespace {

// Fields of kRetryHeader.
constexpr char kQueue[] = "queue";
constexpr char kExchange[] = "exchange";
constexpr char kRoutingKey[] = "routing-key";
constexpr char kAttempts[] = "attempts";
constexpr char kHeaders[] = "headers";
constexpr char kExpiration[] = "expiration";
constexpr char kUserId[] = "user-id";
constexpr char kMessageIdIsOurs[] = "message-id-is-ours";

constexpr char kStreamOffset[] = "x-stream-offset";

template <typename T>
const T* Find(const FieldTable& table, const std::string& name) {
  const auto found = table.find(name);
  return found == table.end() ? nullptr : std::get_if<T>(&found->second.value);
}

std::string TextOf(const FieldTable& table, const std::string& name) {
  const std::string* text = Find<std::string>(table, name);
  return text == nullptr ? std::string() : *text;
}

uint32_t CountOf(const FieldTable& table, const std::string& name) {
  const int64_t* count = Find<int64_t>(table, name);
  if (count == nullptr || *count < 0) return 0;
  return static_cast<uint32_t>(std::min<int64_t>(*count, 1'000'000'000));
}

// What the broker writes when a message dies, and reads when it dies again.
bool IsDeathHeader(std::string_view name) {
  return name == "x-death" || name.starts_with("x-first-death-") ||
         name.starts_with("x-last-death-");
}

// What the broker would route by.
bool IsRoutingHeader(std::string_view name) { return name == "CC" || name == "BCC"; }

// What a queue writes for the delivery in hand.
bool IsDeliveryHeader(std::string_view name) {
  return name == "x-delivery-count" || name == "x-acquired-count" || name == kStreamOffset;
}

FieldValue Text(std::string text) { return FieldValue{std::move(text)}; }
FieldValue Number(int64_t number) { return FieldValue{number}; }

void EnsureMessageId(Properties& properties) {
  if (properties.message_id.empty()) {
    properties.message_id = NewUuidV7(std::chrono::system_clock::now());
  }
}

// Undoes WaitProperties().
void Unwrap(const FieldTable& retry, ReceivedMessage& message) {
  Properties& properties = message.properties;
  message.redelivered = true;
  message.waited = true;
  message.exchange = TextOf(retry, kExchange);
  message.routing_key = TextOf(retry, kRoutingKey);
  std::erase_if(properties.headers, [](const auto& header) {
    return header.first == kRetryHeader || IsDeathHeader(header.first);
  });
  if (const FieldTable* kept = Find<FieldTable>(retry, kHeaders)) {
    properties.headers.insert(kept->begin(), kept->end());
  }
  properties.expiration = TextOf(retry, kExpiration);
  properties.user_id = TextOf(retry, kUserId);
  if (Find<bool>(retry, kMessageIdIsOurs) != nullptr) properties.message_id.clear();
}

}  // namespace

std::shared_ptr<ReceivedMessage> Receive(amqp::IncomingDelivery&& delivery,
                                         const std::string& queue) {
  auto message = std::make_shared<ReceivedMessage>();
  message->exchange = std::move(delivery.exchange);
  message->routing_key = std::move(delivery.routing_key);
  message->properties = std::move(delivery.properties);
  message->body = std::make_shared<const std::string>(std::move(delivery.body));
  message->redelivered = delivery.redelivered;
  const FieldTable& headers = message->properties.headers;
  if (headers.empty()) return message;
  message->attempt +=
      std::max(CountOf(headers, "x-delivery-count"), CountOf(headers, "x-acquired-count"));
  const FieldTable* found = Find<FieldTable>(headers, std::string(kRetryHeader));
  // One of another queue's was dead-lettered from there on.
  if (found == nullptr || TextOf(*found, kQueue) != queue) return message;
  const FieldTable retry = *found;
  if (!base::Planted(base::PlantedBug::kAttemptsForgotten)) {
    message->attempt += CountOf(retry, kAttempts);
  }
  Unwrap(retry, *message);
  return message;
}

int64_t StreamOffset(const ReceivedMessage& message) {
  const int64_t* offset = Find<int64_t>(message.properties.headers, kStreamOffset);
  return offset == nullptr ? -1 : *offset;
}

bool IsOfStream(const ReceivedMessage& message) { return StreamOffset(message) >= 0; }

Properties WaitProperties(const ReceivedMessage& message, const std::string& queue) {
  Properties properties = message.properties;
  FieldTable retry;
  retry[kQueue] = Text(queue);
  retry[kExchange] = Text(message.exchange);
  retry[kRoutingKey] = Text(message.routing_key);
  retry[kAttempts] = Number(message.attempt);
  FieldTable kept;
  std::erase_if(properties.headers, [&](auto& header) {
    if (IsDeliveryHeader(header.first)) return true;
    if (!IsDeathHeader(header.first) && !IsRoutingHeader(header.first)) return false;
    kept.emplace(header.first, std::move(header.second));
    return true;
  });
  if (!kept.empty()) retry[kHeaders] = FieldValue{std::move(kept)};
  if (!properties.expiration.empty() && !base::Planted(base::PlantedBug::kOwnExpirationKept)) {
    retry[kExpiration] = Text(std::exchange(properties.expiration, {}));
  }
  if (!properties.user_id.empty()) retry[kUserId] = Text(std::exchange(properties.user_id, {}));
  if (properties.message_id.empty()) retry[kMessageIdIsOurs] = FieldValue{true};
  EnsureMessageId(properties);
  properties.headers[std::string(kRetryHeader)] = FieldValue{std::move(retry)};
  return properties;
}

Properties DeadLetterProperties(const ReceivedMessage& message, const std::string& queue,
                                const DeathNote& note) {
  Properties properties = message.properties;
  std::erase_if(properties.headers, [](const auto& header) {
    return IsDeliveryHeader(header.first) || IsRoutingHeader(header.first) ||
           header.first.starts_with("x-sidecar-");
  });
  // As RabbitMQ does, or it would expire there, too.
  properties.expiration.clear();
  properties.user_id.clear();
  EnsureMessageId(properties);
  FieldTable& headers = properties.headers;
  headers["x-sidecar-reason"] = Text(note.reason);
  headers["x-sidecar-dead-by"] = Text(std::string(FailedByName(note.by)));
  headers["x-sidecar-time"] = FieldValue{Timestamp{
      std::chrono::duration_cast<std::chrono::seconds>(note.time.time_since_epoch()).count()}};
  headers["x-sidecar-attempts"] = Number(note.attempts);
  headers["x-sidecar-queue"] = Text(queue);
  headers["x-sidecar-exchange"] = Text(message.exchange);
  headers["x-sidecar-routing-key"] = Text(message.routing_key);
  return properties;
}

}  // namespace amqp_sidecar::broker
