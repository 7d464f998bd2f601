// Concat: text from pieces. Abseil's StrCat would do, but Debian builds Abseil with a string_view
// of its own, which std::string_view does not convert to. Pure.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace amqp_sidecar::base {

inline void AppendPiece(std::string& out, std::string_view piece) { out += piece; }

template <std::integral Number>
void AppendPiece(std::string& out, Number number) {
  out += std::to_string(number);
}

template <typename... Pieces>
std::string Concat(const Pieces&... pieces) {
  std::string out;
  (AppendPiece(out, pieces), ...);
  return out;
}

inline bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace amqp_sidecar::base
