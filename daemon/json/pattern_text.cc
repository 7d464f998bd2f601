#include "json/pattern_text.h"

#include <simdjson.h>

#include <algorithm>

namespace amqp_sidecar::json {
namespace {

// `lead` begins a valid sequence.
size_t LengthOf(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead < 0xE0) return 2;
  return lead < 0xF0 ? 3 : 4;
}

bool IsDigit(char32_t c) { return c >= '0' && c <= '9'; }

bool IsNameCharacter(char32_t c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '=';
}

std::optional<char32_t> HexValue(char32_t c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

}  // namespace

std::optional<PatternText> PatternText::FromUtf8(std::string_view text) {
  if (!simdjson::validate_utf8(text.data(), text.size())) return std::nullopt;
  std::u32string characters;
  characters.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const size_t length = LengthOf(lead);
    char32_t character = length == 1 ? lead : lead & (0x7Fu >> length);
    for (size_t i = 1; i < length; ++i) {
      character = (character << 6) | (static_cast<unsigned char>(text[at + i]) & 0x3Fu);
    }
    characters.push_back(character);
    at += length;
  }
  return PatternText(std::move(characters));
}

bool PatternText::Take(std::u32string_view expected) {
  if (!std::u32string_view(characters_).substr(at_).starts_with(expected)) return false;
  at_ += expected.size();
  return true;
}

std::optional<int> PatternText::TakeNumber() {
  constexpr int kMost = 1'000'000;
  if (!IsDigit(Peek())) return std::nullopt;
  int number = 0;
  while (IsDigit(Peek())) {
    number = std::min(kMost, number * 10 + static_cast<int>(Next() - '0'));
  }
  return number;
}

std::optional<char32_t> PatternText::TakeHex(size_t digits) {
  char32_t value = 0;
  for (size_t i = 0; i < digits; ++i) {
    const auto digit = HexValue(Peek(i));
    if (!digit) return std::nullopt;
    value = (value << 4) | *digit;
  }
  at_ += digits;
  return value;
}

std::optional<std::string> PatternText::TakeName(char32_t end) {
  std::string name;
  while (IsNameCharacter(Peek(name.size()))) {
    name += static_cast<char>(Peek(name.size()));
  }
  if (name.empty() || Peek(name.size()) != end) return std::nullopt;
  at_ += name.size() + 1;
  return name;
}

std::string ToUtf8(char32_t character) {
  const auto rest = [character](int shift) {
    return static_cast<char>(0x80u | ((character >> shift) & 0x3Fu));
  };
  if (character < 0x80) return {static_cast<char>(character)};
  if (character < 0x800) return {static_cast<char>(0xC0u | (character >> 6)), rest(0)};
  if (character < 0x10000) {
    return {static_cast<char>(0xE0u | (character >> 12)), rest(6), rest(0)};
  }
  return {static_cast<char>(0xF0u | (character >> 18)), rest(12), rest(6), rest(0)};
}

}  // namespace amqp_sidecar::json
