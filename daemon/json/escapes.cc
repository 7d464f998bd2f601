#include "json/escapes.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace amqp_sidecar::json {
namespace {

constexpr char kBadUnicode[] = "a \\u without four hexadecimal digits";
constexpr char kHalfPair[] = "half of a surrogate pair, which is no character";

// -1 where these are not four hexadecimal digits.
int32_t ReadHex(std::string_view raw, size_t at) {
  if (at + 4 > raw.size()) return -1;
  int32_t value = 0;
  for (const char c : raw.substr(at, 4)) {
    value <<= 4;
    if (c >= '0' && c <= '9') {
      value += c - '0';
    } else if (c >= 'a' && c <= 'f') {
      value += c - 'a' + 10;
    } else if (c >= 'A' && c <= 'F') {
      value += c - 'A' + 10;
    } else {
      return -1;
    }
  }
  return value;
}

void AppendUtf8(uint32_t c, std::string& out) {
  const auto put = [&out](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6);
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3F));
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

// `at` is behind the "\u", and goes behind all that belongs to the character.
const char* AppendUnicode(std::string_view raw, size_t& at, std::string& out) {
  const int32_t first = ReadHex(raw, at);
  if (first < 0) return kBadUnicode;
  at += 4;
  if (first < 0xD800 || first > 0xDFFF) {
    AppendUtf8(static_cast<uint32_t>(first), out);
    return nullptr;
  }
  if (first > 0xDBFF || raw.substr(at, 2) != "\\u") return kHalfPair;
  const int32_t second = ReadHex(raw, at + 2);
  if (second < 0) return kBadUnicode;
  if (second < 0xDC00 || second > 0xDFFF) return kHalfPair;
  at += 6;
  AppendUtf8(0x10000u + (static_cast<uint32_t>(first - 0xD800) << 10) +
                 static_cast<uint32_t>(second - 0xDC00),
             out);
  return nullptr;
}

// 0 where none is meant.
char Simple(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/':
      return c;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

}  // namespace

const char* AppendUnescaped(std::string_view raw, std::string& out) {
  size_t at = 0;
  while (at < raw.size()) {
    const size_t backslash = std::min(raw.find('\\', at), raw.size());
    out.append(raw.substr(at, backslash - at));
    if (backslash == raw.size()) break;
    if (backslash + 1 == raw.size()) return "a backslash with nothing behind it";
    const char kind = raw[backslash + 1];
    at = backslash + 2;
    if (kind == 'u') {
      if (const char* wrong = AppendUnicode(raw, at, out)) return wrong;
      continue;
    }
    const char c = Simple(kind);
    if (c == 0) return "an escape that JSON does not have";
    out.push_back(c);
  }
  return nullptr;
}

}  // namespace amqp_sidecar::json
