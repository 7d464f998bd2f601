// PatternText: the characters of a regular expression, read from left to right. One thread. Knows
// no syntax.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace amqp_sidecar::json {

class PatternText {
 public:
  static constexpr char32_t kLastCharacter = 0x10FFFF;
  // What stands behind the last character.
  static constexpr char32_t kEnd = kLastCharacter + 1;

  // Nothing where it is not UTF-8.
  static std::optional<PatternText> FromUtf8(std::string_view text);

  bool done() const { return at_ == characters_.size(); }
  char32_t Peek(size_t ahead = 0) const {
    return at_ + ahead < characters_.size() ? characters_[at_ + ahead] : kEnd;
  }
  // What Peek() is, and past it.
  char32_t Next() { return done() ? kEnd : characters_[at_++]; }
  // Past `expected` where it comes next.
  bool Take(std::u32string_view expected);
  // A number in decimal digits, at least one; what is beyond a million is a million.
  std::optional<int> TakeNumber();
  // As many hexadecimal digits as this, or none.
  std::optional<char32_t> TakeHex(size_t digits);
  // ASCII letters, digits, '_' and '=', up to `end`, which is taken too; nothing where something
  // else comes or nothing stands there.
  std::optional<std::string> TakeName(char32_t end);

  // Where Peek() is; GoTo() goes back there.
  size_t position() const { return at_; }
  void GoTo(size_t position) { at_ = position; }

 private:
  explicit PatternText(std::u32string characters) : characters_(std::move(characters)) {}

  std::u32string characters_;
  size_t at_ = 0;
};

// As UTF-8.
std::string ToUtf8(char32_t character);

}  // namespace amqp_sidecar::json
