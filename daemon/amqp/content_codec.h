// The content header frame: properties and body size, encoded and decoded. Pure, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "amqp/message.h"
#include "amqp/violation.h"

namespace amqp_sidecar::amqp {

struct ContentHeader {
  uint64_t body_bytes = 0;
  // The headers nest too deep or are too many (see kMaxTableDepth, kMaxTableValues): `properties`
  // is empty.
  bool too_complex = false;
  Properties properties;
};

// The whole frame, with channel number 0. Errors: INVALID_ARGUMENT, see EncodePublish.
absl::StatusOr<std::string> ContentHeaderFrame(const Properties& properties, uint64_t body_bytes);
// The same, appended; `out` is as it was where that fails.
absl::Status AppendContentHeaderFrame(std::string& out, const Properties& properties,
                                      uint64_t body_bytes);

// `payload` holds 14 bytes at least.
std::variant<ContentHeader, Violation> DecodeContentHeader(std::string_view payload);

}  // namespace amqp_sidecar::amqp
