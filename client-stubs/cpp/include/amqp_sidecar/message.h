// What goes with a message that is published, and what comes of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "amqp_sidecar/value.h"

namespace amqp_sidecar {

// Whether a durable queue keeps the message through a restart of the broker.
enum class DeliveryMode {
  kUnspecified,  // on publish: persistent; on a delivery: the publisher did not say
  kTransient,
  kPersistent,
};

// AMQP's basic properties. Texts are UTF-8, at most 255 bytes each; what is not set is not sent.
struct Properties {
  // Empty on publish means "application/json".
  std::string content_type = {};
  // Such as "gzip"; nobody packs or unpacks for you.
  std::string content_encoding = {};
  // Names that the broker or the sidecar sets itself (CC, x-death, x-sidecar-...) are refused.
  Table headers = {};
  DeliveryMode delivery_mode = DeliveryMode::kUnspecified;
  // 0 to 255; of use to a queue that is declared with x-max-priority.
  std::uint32_t priority = 0;
  // Which request a reply belongs to.
  std::string correlation_id = {};
  // The queue where a reply is wanted.
  std::string reply_to = {};
  // Time to live in the queue, 0 to 4294967295 ms.
  std::optional<std::chrono::milliseconds> expiration = std::nullopt;
  // Empty on publish means a UUID, made before the first try.
  std::string message_id = {};
  std::optional<Timestamp> timestamp = std::nullopt;
  // The kind of message, in the application's words.
  std::string type = {};
  // The broker refuses one other than the sidecar's login.
  std::string user_id = {};
  // The application that published it.
  std::string app_id = {};
};

struct PublishOptions {
  Properties properties = {};
  // Accept a message that no binding routes: the broker drops it, and `routed` says so.
  bool allow_unroutable = false;
  // For all of it, retries included.
  std::chrono::milliseconds timeout = std::chrono::seconds(10);
  // Ends the wait: Client::Publish fails with kCancelled, persisted kUnknown unless nothing was
  // sent. Publisher::Publish no longer waits for room; a message that it has taken goes its way.
  std::stop_token stop = {};
};

// The broker has the message.
struct PublishResult {
  std::string message_id;
  // Whether it reached a queue: false only with allow_unroutable.
  bool routed = true;
};

}  // namespace amqp_sidecar
