// A number as JSON writes it (RFC 8259 §6), of any size. Pure, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace amqp_sidecar::json {

struct NumberToken {
  // Written with neither fraction nor exponent, and of 18 digits at most: it is `integer`.
  bool is_plain_integer = false;
  int64_t integer = 0;
};

// Nothing where the text is no number.
std::optional<NumberToken> ReadNumber(std::string_view token);

}  // namespace amqp_sidecar::json
