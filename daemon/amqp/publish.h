// EncodedPublish: one basic.publish as the bytes that go on the wire, made on whatever thread has
// time for it, so that the io thread only patches a channel number and hands it to the kernel.
// Pure.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "amqp/message.h"

namespace amqp_sidecar::amqp {

struct EncodedPublish {
  // The method frame and the content header frame, with channel number 0.
  std::string head;
  // Where the content header frame begins in `head`.
  size_t header_frame_at = 0;
  // Shared, so that a message that is published again is not copied.
  std::shared_ptr<const std::string> body;

  size_t bytes() const { return head.size() + body->size(); }
};

// Always mandatory, never immediate. Errors: INVALID_ARGUMENT where a name or a short-string
// property is over 255 bytes, a header name is over 128 bytes (AMQP 0-9-1 §4.2.5.5), a table nests
// deeper than kMaxTableDepth or holds more than kMaxTableValues, or the properties do not fit one
// frame of kFrameMax.
absl::StatusOr<EncodedPublish> EncodePublish(std::string_view exchange,
                                             std::string_view routing_key,
                                             const Properties& properties,
                                             std::shared_ptr<const std::string> body);

inline constexpr int kMaxTableDepth = 16;
inline constexpr int kMaxTableValues = 4096;

// What we ask for in connection.tune-ok, and the most that we take (RabbitMQ's default).
inline constexpr uint32_t kFrameMax = 131072;

}  // namespace amqp_sidecar::amqp
