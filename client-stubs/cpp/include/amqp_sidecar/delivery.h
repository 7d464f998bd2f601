// Delivery: a message from a queue, as a handler sees it; and what a handler can throw.
#pragma once

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>

#include "amqp_sidecar/body.h"
#include "amqp_sidecar/message.h"

namespace amqp_sidecar::v1 {
class Delivery;
}  // namespace amqp_sidecar::v1

namespace amqp_sidecar {

// Thrown by a handler: the message can never be processed. It is dead-lettered, or dropped where
// the queue has no dead-letter exchange.
class Reject : public std::runtime_error {
 public:
  // Goes with the message where the sidecar moves it, in at most 1024 bytes. Say nothing of the
  // body.
  explicit Reject(const std::string& cause) : std::runtime_error(cause) {}
};

// The body is not what the handler reads it as.
class InvalidBody : public Reject {
 public:
  using Reject::Reject;
};

// Thrown by a handler: deliver the message again, after a delay of 10 ms to 24 h. The attempt
// counts.
class Retry : public std::runtime_error {
 public:
  explicit Retry(std::chrono::milliseconds delay)
      : std::runtime_error("to be delivered again later"), delay_(delay) {}
  std::chrono::milliseconds delay() const { return delay_; }

 private:
  std::chrono::milliseconds delay_;
};

// Valid while the handler runs; on its thread.
class Delivery {
 public:
  Delivery(const v1::Delivery& raw, std::stop_token stop) : raw_(raw), stop_(std::move(stop)) {}
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  // Byte for byte as published.
  const std::string& body() const;
  // The body as JSON: a T of protobuf, or of BodyTraits. Throws InvalidBody, by which the message
  // is rejected unless the handler catches it.
  template <typename T>
  T Json() const {
    if constexpr (std::is_base_of_v<google::protobuf::Message, T>) {
      T message;
      ParseBody(message);
      return message;
    } else {
      return BodyTraits<T>::Decode(body());
    }
  }

  // The subscription's.
  const std::string& queue() const;
  // Where and with what it was published; the default exchange is empty.
  const std::string& exchange() const;
  const std::string& routing_key() const;
  const std::string& message_id() const;
  // Converted at each call.
  Table headers() const;
  Properties properties() const;
  // Whether the broker may have delivered it before.
  bool redelivered() const;
  // 1 for the first delivery; counts where the broker or a retry policy does.
  std::uint32_t attempt() const;
  // What the sidecar's validation found wrong with the body; empty where nothing.
  const std::string& invalid_reason() const;
  // Include <amqp_sidecar/v1/subscriber.pb.h> to use it.
  const v1::Delivery& raw() const { return raw_; }

  // Requested once the subscription is closed, so that a settlement no longer counts: work that
  // takes long may end early. Not by a graceful Stop, until its time is over.
  const std::stop_token& stop() const { return stop_; }

 private:
  void ParseBody(google::protobuf::Message& message) const;

  const v1::Delivery& raw_;
  std::stop_token stop_;
};

}  // namespace amqp_sidecar
