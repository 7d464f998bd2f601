#include "json/number_token.h"

#include <cstddef>

namespace amqp_sidecar::json {
namespace {

constexpr size_t kMostPlainDigits = 18;  // any of these fit int64_t

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// At least one digit.
bool SkipDigits(const char*& at, const char* end) {
  const char* begin = at;
  while (at != end && IsDigit(*at)) ++at;
  return at != begin;
}

// A fraction and an exponent, or one of them, up to the end.
bool IsRest(const char* at, const char* end) {
  if (at != end && *at == '.' && !SkipDigits(++at, end)) return false;
  if (at != end && (*at == 'e' || *at == 'E')) {
    ++at;
    if (at != end && (*at == '+' || *at == '-')) ++at;
    if (!SkipDigits(at, end)) return false;
  }
  return at == end;
}

}  // namespace

std::optional<NumberToken> ReadNumber(std::string_view token) {
  const char* at = token.data();
  const char* const end = at + token.size();
  const bool negative = at != end && *at == '-';
  if (negative) ++at;
  const char* const begin = at;
  // Of too many digits it is not wanted.
  uint64_t value = 0;
  for (; at != end && IsDigit(*at); ++at) value = value * 10 + static_cast<uint64_t>(*at - '0');
  const auto digits = static_cast<size_t>(at - begin);
  if (digits == 0 || (digits > 1 && *begin == '0')) return std::nullopt;
  if (at != end) return IsRest(at, end) ? std::optional(NumberToken()) : std::nullopt;
  if (digits > kMostPlainDigits) return NumberToken();
  const auto integer = static_cast<int64_t>(value);
  return NumberToken{true, negative ? -integer : integer};
}

}  // namespace amqp_sidecar::json
