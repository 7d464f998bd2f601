// Is this text one JSON value (RFC 8259), in strict UTF-8, and nothing else? Pure, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace amqp_sidecar::json {

// See Document::Parse.
std::optional<std::string> CheckWellFormed(std::string_view text);

}  // namespace amqp_sidecar::json
