// What a message shows of text from outside. Pure, any thread.
#pragma once

#include <string>
#include <string_view>

namespace amqp_sidecar::json {

// Characters (code points) of text from outside that are shown at most.
inline constexpr int kMostShown = 64;

// The text, or its first kMostShown - 3 characters and "..." where it is longer than kMostShown. It
// is UTF-8.
std::string Excerpt(std::string_view text);

}  // namespace amqp_sidecar::json
