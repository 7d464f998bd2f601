// Is this text one JSON value (RFC 8259), in strict UTF-8, and nothing else? Pure, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace amqp_sidecar::json {

// Arrays and objects within each other that are taken; one more is refused.
inline constexpr int kMaxDepth = 64;

// What is wrong, for a person, with a JSON Pointer (RFC 6901) where it is known; or nothing. Never
// quotes the text. Numbers may be of any size, as RFC 8259 §6 has them; a byte order mark is
// refused.
std::optional<std::string> CheckWellFormed(std::string_view text);

}  // namespace amqp_sidecar::json
