// How messages name values. Pure, any thread.
#pragma once

#include <string>
#include <string_view>

#include "json/document.h"

namespace amqp_sidecar::json {

// "an array", "a string"
std::string_view NameOf(Type type);
// A number, string or literal as it is, up to 64 characters of it; else "an array" or "an object".
std::string Describe(const Document& document, uint32_t node);

}  // namespace amqp_sidecar::json
