#include "json/excerpt.h"

#include <cstddef>

namespace amqp_sidecar::json {
namespace {

// Where the character number `count` begins, or the end.
size_t Offset(std::string_view text, int count) {
  size_t at = 0;
  for (; at < text.size(); ++at) {
    const bool begins = (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
    if (begins && count-- == 0) break;
  }
  return at;
}

// How many bytes from `at` on are one character that would end a line, or is none to be seen: C0,
// DEL, C1, and the separators U+2028 and U+2029. 0 where they are none.
size_t ControlAt(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0;
  };
  if (byte(0) < 0x20 || byte(0) == 0x7F) return 1;
  if (byte(0) == 0xC2 && byte(1) >= 0x80 && byte(1) < 0xA0) return 2;
  const bool separates = byte(0) == 0xE2 && byte(1) == 0x80 && (byte(2) & 0xFE) == 0xA8;
  return separates ? 3 : 0;
}

void AppendEscaped(std::string_view character, std::string& out) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  const auto last = static_cast<unsigned char>(character.back());
  out += character.size() == 3 ? "\\u20" : "\\u00";
  // The last byte of U+2028 is A8; of a C1 character it is the character.
  const unsigned code = character.size() == 3 ? last & 0x3Fu : last;
  out += kDigits[code >> 4 & 15];
  out += kDigits[code & 15];
}

std::string OnOneLine(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t control = ControlAt(text, at);
    if (control == 0) {
      out += text[at++];
      continue;
    }
    AppendEscaped(text.substr(at, control), out);
    at += control;
  }
  return out;
}

}  // namespace

std::string Excerpt(std::string_view text, int most) {
  if (Offset(text, most) == text.size()) return OnOneLine(text);
  return OnOneLine(text.substr(0, Offset(text, most - 3))) + "...";
}

}  // namespace amqp_sidecar::json
