// UTF-8: protobuf strings must be valid UTF-8, AMQP strings need not be. Pure, any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace amqp_sidecar::rpc {

bool IsUtf8(std::string_view text);

// `text` with every byte that is not part of a valid sequence replaced by U+FFFD; `text` itself
// where it is valid.
std::string ToUtf8(std::string text);

// The longest beginning of `text`, which is valid UTF-8, that is at most `max_bytes` long and does
// not cut a character.
std::string_view Utf8Prefix(std::string_view text, size_t max_bytes);

}  // namespace amqp_sidecar::rpc
