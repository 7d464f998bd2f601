#include "json/ecma_regex.h"

#include <utility>

#include "base/strings.h"
#include "json/character_set.h"
#include "json/pattern_escape.h"
#include "json/pattern_text.h"

namespace amqp_sidecar::json {
namespace {

// RE2's own limit.
constexpr int kMostRepeats = 1000;

// Writes piece by piece; a piece that cannot be is the end.
class Translator {
 public:
  explicit Translator(PatternText text) : text_(std::move(text)) {}

  absl::StatusOr<std::string> Run() {
    while (!text_.done()) {
      if (absl::Status status = Piece(); !status.ok()) return status;
    }
    if (open_groups_ > 0) return absl::InvalidArgumentError("a ( without its )");
    return std::move(out_);
  }

 private:
  absl::Status Piece() {
    switch (const char32_t c = text_.Next()) {
      case '^':
      case '$':
      case '|':
        return Plain(static_cast<char>(c));
      case '.':
        return Atom("[^\\n\\r\\x{2028}\\x{2029}]");
      case '(':
        return OpenGroup();
      case ')':
        if (open_groups_-- == 0) return Refuse("a ) without its (");
        return Atom(")");
      case '[':
        return Class();
      case '\\':
        return Escape();
      case '*':
      case '+':
      case '?':
        return Quantifier(std::string(1, static_cast<char>(c)));
      case '{':
        return Brace();
      default:
        return Atom(CharacterForRe2(c));
    }
  }

  // `repeatable_` tells whether a quantifier may follow.
  absl::Status Plain(char c) {
    out_ += c;
    repeatable_ = false;
    return absl::OkStatus();
  }
  absl::Status Atom(std::string_view atom) {
    out_ += atom;
    repeatable_ = true;
    return absl::OkStatus();
  }
  static absl::Status Refuse(const std::string& what) { return absl::InvalidArgumentError(what); }

  absl::Status OpenGroup() {
    ++open_groups_;
    repeatable_ = false;
    out_ += "(?:";
    if (!text_.Take(U"?") || text_.Take(U":")) return absl::OkStatus();
    if (text_.Take(U"=")) return Refuse("look-ahead (?=...) cannot be checked in linear time");
    if (text_.Take(U"!")) return Refuse("look-ahead (?!...) cannot be checked in linear time");
    if (text_.Take(U"<=")) return Refuse("look-behind (?<=...) cannot be checked in linear time");
    if (text_.Take(U"<!")) return Refuse("look-behind (?<!...) cannot be checked in linear time");
    if (text_.Take(U"<")) return GroupName();
    return Refuse("(? begins no group of ECMA-262: flags such as (?i) are no part of it");
  }

  // Nothing captures, so no name is needed.
  absl::Status GroupName() {
    for (bool any = false; !text_.done(); any = true) {
      const char32_t c = text_.Next();
      if (c == '>' && any) return absl::OkStatus();
      const bool is_digit = c >= '0' && c <= '9';
      const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      if (!is_letter && c != '_' && c != '$' && c < 0x80 && !(is_digit && any)) break;
    }
    return Refuse("(?<...> without a name");
  }

  absl::Status Escape() {
    if (text_.Peek() == 'b' || text_.Peek() == 'B') {
      out_ += '\\';
      return Plain(static_cast<char>(text_.Next()));
    }
    const auto escape = ReadEscape(text_, false);
    if (!escape.ok()) return escape.status();
    if (escape->is_set) return Atom(base::Concat("[", escape->set, "]"));
    return Atom(CharacterForRe2(escape->character));
  }

  absl::Status Quantifier(std::string_view quantifier) {
    if (!repeatable_) return Refuse(base::Concat("nothing to repeat before ", quantifier));
    out_ += quantifier;
    // Lazy or not, the same texts match.
    (void)text_.Take(U"?");
    repeatable_ = false;
    return absl::OkStatus();
  }

  // {n}, {n,}, {n,m}, or a brace that stands for itself.
  absl::Status Brace() {
    const size_t inside = text_.position();
    const auto least = text_.TakeNumber();
    const bool open = text_.Take(U",");
    const auto most = open ? text_.TakeNumber() : least;
    if ((!least && !most) || !text_.Take(U"}")) {
      text_.GoTo(inside);
      return Atom(CharacterForRe2('{'));
    }
    if (!least) return Refuse("{,n} is no part of ECMA-262: write {0,n}");
    if (most && *most < *least) return Refuse("{n,m} with n larger than m");
    if (*least > kMostRepeats || most.value_or(0) > kMostRepeats) {
      return Refuse("cannot repeat more than 1000 times: minLength and maxLength can");
    }
    std::string quantifier = base::Concat("{", *least);
    if (open) quantifier += ",";
    if (open && most) quantifier += std::to_string(*most);
    return Quantifier(quantifier + "}");
  }

  absl::Status Class() {
    const bool negated = text_.Take(U"^");
    std::string items;
    while (!text_.Take(U"]")) {
      if (text_.done()) return Refuse("a [ without its ]");
      auto item = ClassItem();
      if (!item.ok()) return item.status();
      items += *item;
    }
    // RE2 takes no empty class.
    const bool inverted = negated != items.empty();
    if (items.empty()) items = RangeForRe2(0, PatternText::kLastCharacter);
    return Atom(base::Concat(inverted ? "[^" : "[", items, "]"));
  }

  // A character, a set, or a range.
  absl::StatusOr<std::string> ClassItem() {
    auto first = ClassEnd();
    if (!first.ok()) return first.status();
    const bool is_range =
        text_.Peek() == '-' && text_.Peek(1) != ']' && text_.Peek(1) != PatternText::kEnd;
    if (first->is_set || !is_range) return ForRe2(*first);
    (void)text_.Next();
    auto last = ClassEnd();
    if (!last.ok()) return last.status();
    if (last->is_set) return ForRe2(*first) + CharacterForRe2('-') + last->set;
    if (last->character < first->character) {
      return absl::InvalidArgumentError("a range in a character class that runs backwards");
    }
    return RangeForRe2(first->character, last->character);
  }

  absl::StatusOr<PatternEscape> ClassEnd() {
    const char32_t c = text_.Next();
    if (c == '\\') return ReadEscape(text_, true);
    return PatternEscape{.character = c};
  }

  static std::string ForRe2(const PatternEscape& item) {
    return item.is_set ? item.set : CharacterForRe2(item.character);
  }

  PatternText text_;
  std::string out_;
  int open_groups_ = 0;
  bool repeatable_ = false;
};

}  // namespace

absl::StatusOr<std::string> EcmaToRe2(std::string_view expression) {
  auto text = PatternText::FromUtf8(expression);
  if (!text) return absl::InvalidArgumentError("not valid UTF-8");
  return Translator(*std::move(text)).Run();
}

}  // namespace amqp_sidecar::json
