// JSON Pointers (RFC 6901), to and from the words that they are made of. Pure, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace amqp_sidecar::json {

// A name as it stands in a pointer (§3), cut where it is longer than 64 characters: for messages.
std::string EscapePointer(std::string_view name);

// The words of a pointer that is empty or begins with "/"; nothing where a ~ is not followed by 0
// or 1.
std::optional<std::vector<std::string>> SplitPointer(std::string_view pointer);

// The index of an element that a word means (§4): without leading zeros. Nothing where it is none.
std::optional<uint32_t> IndexFrom(std::string_view word);

}  // namespace amqp_sidecar::json
