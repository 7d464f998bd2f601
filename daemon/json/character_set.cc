#include "json/character_set.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <span>
#include <utility>

#include "base/strings.h"
#include "json/pattern_text.h"

namespace amqp_sidecar::json {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

constexpr std::array<Range, 1> kDigits = {{{'0', '9'}}};
constexpr std::array<Range, 4> kWord = {{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}};
// WhiteSpace and LineTerminator of ECMA-262 §12.2 and §12.3.
constexpr std::array<Range, 10> kSpace = {{{0x09, 0x0D},
                                           {0x20, 0x20},
                                           {0xA0, 0xA0},
                                           {0x1680, 0x1680},
                                           {0x2000, 0x200A},
                                           {0x2028, 0x2029},
                                           {0x202F, 0x202F},
                                           {0x205F, 0x205F},
                                           {0x3000, 0x3000},
                                           {0xFEFF, 0xFEFF}}};

using Names = std::pair<std::string_view, std::string_view>;

constexpr std::array kCategories = {
    Names{"Letter", "L"},
    Names{"Lowercase_Letter", "Ll"},
    Names{"Modifier_Letter", "Lm"},
    Names{"Other_Letter", "Lo"},
    Names{"Titlecase_Letter", "Lt"},
    Names{"Uppercase_Letter", "Lu"},
    Names{"Mark", "M"},
    Names{"Combining_Mark", "M"},
    Names{"Spacing_Mark", "Mc"},
    Names{"Enclosing_Mark", "Me"},
    Names{"Nonspacing_Mark", "Mn"},
    Names{"Number", "N"},
    Names{"Decimal_Number", "Nd"},
    Names{"digit", "Nd"},
    Names{"Letter_Number", "Nl"},
    Names{"Other_Number", "No"},
    Names{"Punctuation", "P"},
    Names{"punct", "P"},
    Names{"Connector_Punctuation", "Pc"},
    Names{"Dash_Punctuation", "Pd"},
    Names{"Close_Punctuation", "Pe"},
    Names{"Final_Punctuation", "Pf"},
    Names{"Initial_Punctuation", "Pi"},
    Names{"Other_Punctuation", "Po"},
    Names{"Open_Punctuation", "Ps"},
    Names{"Symbol", "S"},
    Names{"Currency_Symbol", "Sc"},
    Names{"Modifier_Symbol", "Sk"},
    Names{"Math_Symbol", "Sm"},
    Names{"Other_Symbol", "So"},
    Names{"Separator", "Z"},
    Names{"Line_Separator", "Zl"},
    Names{"Paragraph_Separator", "Zp"},
    Names{"Space_Separator", "Zs"},
    Names{"Other", "C"},
    Names{"Control", "Cc"},
    Names{"cntrl", "Cc"},
    Names{"Format", "Cf"},
    Names{"Private_Use", "Co"},
    Names{"Surrogate", "Cs"},
};

// ISO 15924's codes of the scripts that are most in use; others go by their long names.
constexpr std::array kScripts = {
    Names{"Arab", "Arabic"},    Names{"Armn", "Armenian"},   Names{"Beng", "Bengali"},
    Names{"Cyrl", "Cyrillic"},  Names{"Deva", "Devanagari"}, Names{"Ethi", "Ethiopic"},
    Names{"Geor", "Georgian"},  Names{"Grek", "Greek"},      Names{"Gujr", "Gujarati"},
    Names{"Guru", "Gurmukhi"},  Names{"Hang", "Hangul"},     Names{"Hani", "Han"},
    Names{"Hebr", "Hebrew"},    Names{"Hira", "Hiragana"},   Names{"Kana", "Katakana"},
    Names{"Khmr", "Khmer"},     Names{"Knda", "Kannada"},    Names{"Laoo", "Lao"},
    Names{"Latn", "Latin"},     Names{"Mlym", "Malayalam"},  Names{"Mong", "Mongolian"},
    Names{"Mymr", "Myanmar"},   Names{"Sinh", "Sinhala"},    Names{"Taml", "Tamil"},
    Names{"Telu", "Telugu"},    Names{"Thai", "Thai"},       Names{"Tibt", "Tibetan"},
    Names{"Zinh", "Inherited"}, Names{"Zyyy", "Common"},
};

std::string RangesForRe2(std::span<const Range> ranges, bool negated) {
  std::string out;
  char32_t free = 0;
  for (const Range& range : ranges) {
    if (!negated) {
      out += RangeForRe2(range.first, range.last);
    } else if (range.first > free) {
      out += RangeForRe2(free, range.first - 1);
    }
    free = range.last + 1;
  }
  if (negated) out += RangeForRe2(free, PatternText::kLastCharacter);
  return out;
}

std::optional<std::string> CategoryForRe2(std::string_view name) {
  for (const auto& [long_name, short_name] : kCategories) {
    if (name == long_name || name == short_name) return std::string(short_name);
  }
  return std::nullopt;
}

std::optional<std::string> ScriptForRe2(std::string_view name) {
  const bool is_name = !name.empty() && name.front() >= 'A' && name.front() <= 'Z' &&
                       name.size() > 2 && std::ranges::all_of(name, [](char c) {
                         return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
                       });
  if (!is_name) return std::nullopt;
  for (const auto& [code, long_name] : kScripts) {
    if (name == code) return std::string(long_name);
  }
  return std::string(name);
}

}  // namespace

std::string CharacterForRe2(char32_t character) {
  const auto c = static_cast<char>(character);
  if (character < 0x80 && ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))) return {c};
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "\\x{%X}", static_cast<unsigned>(character));
  return text.data();
}

std::string RangeForRe2(char32_t first, char32_t last) {
  if (first == last) return CharacterForRe2(first);
  return base::Concat(CharacterForRe2(first), "-", CharacterForRe2(last));
}

std::string NamedSetForRe2(char32_t letter) {
  switch (letter) {
    case 'd':
    case 'D':
      return RangesForRe2(kDigits, letter == 'D');
    case 'w':
    case 'W':
      return RangesForRe2(kWord, letter == 'W');
    default:
      return RangesForRe2(kSpace, letter == 'S');
  }
}

absl::StatusOr<std::string> PropertyForRe2(std::string_view property, bool negated) {
  const size_t equals = property.find('=');
  const std::string_view name = property.substr(0, equals);
  const bool is_pair = equals != std::string_view::npos;
  const std::string_view value = is_pair ? property.substr(equals + 1) : property;
  std::optional<std::string> known;
  if (!is_pair && value == "ASCII") {
    static constexpr std::array<Range, 1> kAscii = {{{0, 0x7F}}};
    return RangesForRe2(kAscii, negated);
  }
  if (!is_pair || name == "General_Category" || name == "gc") {
    known = CategoryForRe2(value);
  } else if (name == "Script" || name == "sc") {
    known = ScriptForRe2(value);
  }
  if (!known) {
    return absl::InvalidArgumentError(
        base::Concat("\\", negated ? "P" : "p", "{", property,
                     "} is neither a general category nor a script (\\p{L}, \\p{Script=Greek})"));
  }
  return base::Concat(negated ? "\\P{" : "\\p{", *known, "}");
}

}  // namespace amqp_sidecar::json
