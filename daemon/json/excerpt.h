// What a message shows of text from outside. Pure, any thread.
#pragma once

#include <string>
#include <string_view>

namespace amqp_sidecar::json {

// Characters (code points) of text from outside that are shown at most.
inline constexpr int kMostShown = 64;

// The text, or its first `most` - 3 characters and "..." where it is longer than `most`. On one
// line, and harmless to a terminal: control characters, and others that end a line, are written as
// \u000A. The text is UTF-8; so is what comes back.
std::string Excerpt(std::string_view text, int most = kMostShown);

}  // namespace amqp_sidecar::json
