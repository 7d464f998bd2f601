// Kinds of ASCII characters, whatever the locale. Pure.
#pragma once

#include <string_view>

namespace amqp_sidecar::json {

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
constexpr bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool IsHexDigit(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
constexpr bool IsOneOf(char c, std::string_view all) {
  return all.find(c) != std::string_view::npos;
}

}  // namespace amqp_sidecar::json
