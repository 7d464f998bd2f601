#include "json/pattern_escape.h"

#include <cctype>
#include <utility>

#include "base/strings.h"
#include "json/character_set.h"

namespace amqp_sidecar::json {
namespace {

absl::StatusOr<PatternEscape> Refuse(const std::string& what) {
  return absl::InvalidArgumentError(what);
}

PatternEscape Character(char32_t character) { return {.character = character}; }
PatternEscape Set(std::string set) { return {.is_set = true, .set = std::move(set)}; }

bool IsAscii(char32_t c, int (*kind)(int)) { return c < 0x80 && kind(static_cast<int>(c)) != 0; }

// Behind \u: four digits, of which two may be a pair of surrogates, or any in braces.
absl::StatusOr<PatternEscape> ReadUnicode(PatternText& text) {
  constexpr const char* kWrong = "\\u without four hexadecimal digits, or some in braces";
  if (text.Take(U"{")) {
    char32_t value = 0;
    bool any = false;
    while (const auto digit = text.TakeHex(1)) {
      any = true;
      value = (value << 4) | *digit;
      if (value > PatternText::kLastCharacter) return Refuse("\\u{...} beyond 10FFFF");
    }
    if (!any || !text.Take(U"}")) return Refuse(kWrong);
    return Character(value);
  }
  const auto first = text.TakeHex(4);
  if (!first) return Refuse(kWrong);
  if (*first < 0xD800 || *first > 0xDBFF) return Character(*first);
  const size_t behind = text.position();
  const auto second = text.Take(U"\\u") ? text.TakeHex(4) : std::nullopt;
  if (!second || *second < 0xDC00 || *second > 0xDFFF) {
    text.GoTo(behind);
    return Character(*first);
  }
  return Character(0x10000 + ((*first - 0xD800) << 10) + (*second - 0xDC00));
}

absl::StatusOr<PatternEscape> ReadProperty(PatternText& text, bool negated) {
  std::optional<std::string> name;
  if (text.Take(U"{")) name = text.TakeName('}');
  if (!name) return Refuse("\\p without the {name} of a property");
  auto set = PropertyForRe2(*name, negated);
  if (!set.ok()) return set.status();
  return Set(*std::move(set));
}

absl::StatusOr<PatternEscape> ReadNumber(char32_t first, PatternText& text, bool in_class) {
  if (first == '0') {
    if (IsAscii(text.Peek(), std::isdigit)) return Refuse("octal escapes are no part of ECMA-262");
    return Character(0);
  }
  const std::string escape = base::Concat("\\", ToUtf8(first));
  if (in_class) return Refuse(base::Concat(escape, " stands for nothing in a character class"));
  return Refuse(base::Concat("back-reference ", escape, " cannot be checked in linear time"));
}

// Letters that stand for one character.
std::optional<char32_t> ControlFor(char32_t letter, bool in_class) {
  switch (letter) {
    case 't':
      return '\t';
    case 'n':
      return '\n';
    case 'v':
      return '\v';
    case 'f':
      return '\f';
    case 'r':
      return '\r';
    case 'b':
      if (in_class) return '\b';
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

// Letters that begin something longer, or stand for a set.
absl::StatusOr<PatternEscape> ReadLetter(char32_t letter, PatternText& text) {
  switch (letter) {
    case 'd':
    case 'D':
    case 'w':
    case 'W':
    case 's':
    case 'S':
      return Set(NamedSetForRe2(letter));
    case 'p':
    case 'P':
      return ReadProperty(text, letter == 'P');
    case 'c':
      if (!IsAscii(text.Peek(), std::isalpha)) return Refuse("\\c without a letter");
      return Character(text.Next() % 32);
    case 'x':
      if (const auto value = text.TakeHex(2)) return Character(*value);
      return Refuse("\\x without two hexadecimal digits");
    case 'u':
      return ReadUnicode(text);
    case 'k':
      return Refuse("back-reference \\k<...> cannot be checked in linear time");
    default:
      return Refuse(base::Concat("\\", ToUtf8(letter), " is no escape of ECMA-262"));
  }
}

}  // namespace

absl::StatusOr<PatternEscape> ReadEscape(PatternText& text, bool in_class) {
  const char32_t first = text.Next();
  if (first == PatternText::kEnd) return Refuse("ends in a backslash");
  if (IsAscii(first, std::isdigit)) return ReadNumber(first, text, in_class);
  if (const auto control = ControlFor(first, in_class)) return Character(*control);
  if (IsAscii(first, std::ispunct) || first == ' ') return Character(first);
  if (IsAscii(first, std::isalpha)) return ReadLetter(first, text);
  return Refuse("a backslash before what needs none");
}

}  // namespace amqp_sidecar::json
