// What a backslash stands for in a JSON string (RFC 8259 §7). Pure, any thread.
#pragma once

#include <string>
#include <string_view>

namespace amqp_sidecar::json {

// Appends what `raw`, the inside of a string, stands for, as UTF-8. Says what is wrong, for a
// person, or null: an unknown escape, half of a surrogate pair. `raw` must not be within `out`,
// unless `out` has room for as many bytes more.
const char* AppendUnescaped(std::string_view raw, std::string& out);

}  // namespace amqp_sidecar::json
