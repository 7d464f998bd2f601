#include "json/number_token.h"

#include <cstddef>

namespace amqp_sidecar::json {
namespace {

constexpr size_t kMostPlainDigits = 18;  // any of these fit int64_t

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool Skip(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  size_t SkipDigits() {
    const size_t begin = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    return at_ - begin;
  }
  bool done() const { return at_ == text_.size(); }
  size_t at() const { return at_; }

 private:
  const std::string_view text_;
  size_t at_ = 0;
};

int64_t ToInteger(std::string_view digits, bool negative) {
  int64_t value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  return negative ? -value : value;
}

}  // namespace

std::optional<NumberToken> ReadNumber(std::string_view token) {
  Scanner scanner(token);
  const bool negative = scanner.Skip('-');
  const size_t begin = scanner.at();
  // No digit stands behind a leading zero.
  const size_t digits = scanner.Skip('0') ? 1 : scanner.SkipDigits();
  if (digits == 0) return std::nullopt;
  if (scanner.done()) {
    if (digits > kMostPlainDigits) return NumberToken();
    return NumberToken{true, ToInteger(token.substr(begin, digits), negative)};
  }
  if (scanner.Skip('.') && scanner.SkipDigits() == 0) return std::nullopt;
  if (scanner.Skip('e') || scanner.Skip('E')) {
    if (!scanner.Skip('+')) scanner.Skip('-');
    if (scanner.SkipDigits() == 0) return std::nullopt;
  }
  if (!scanner.done()) return std::nullopt;
  return NumberToken();
}

}  // namespace amqp_sidecar::json
