#include "json/decimal.h"

#include <algorithm>

#include "absl/numeric/int128.h"

namespace amqp_sidecar::json {
namespace {

constexpr size_t kMostDivisorDigits = 18;

void StripLeft(std::string_view& digits) {
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
}

void StripRight(std::string_view& digits) {
  digits.remove_suffix(digits.size() - (digits.find_last_not_of('0') + 1));
}

int64_t ReadExponent(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  int64_t value = 0;
  for (const char c : text) {
    value = std::min(value * 10 + (c - '0'), Decimal::kMostExponent);
  }
  return negative ? -value : value;
}

uint64_t MultiplyModulo(uint64_t a, uint64_t b, uint64_t modulus) {
  return absl::Uint128Low64(absl::uint128(a) * b % modulus);
}

uint64_t PowerOfTenModulo(int64_t exponent, uint64_t modulus) {
  uint64_t result = 1 % modulus;
  for (uint64_t base = 10 % modulus; exponent > 0; exponent >>= 1) {
    if ((exponent & 1) != 0) result = MultiplyModulo(result, base, modulus);
    base = MultiplyModulo(base, base, modulus);
  }
  return result;
}

}  // namespace

Decimal::Decimal(std::string_view token) {
  negative_ = token.front() == '-';
  if (negative_) token.remove_prefix(1);
  const size_t e = std::min(token.find_first_of("eE"), token.size());
  if (e < token.size()) exponent_ = ReadExponent(token.substr(e + 1));
  token = token.substr(0, e);
  const size_t point = std::min(token.find('.'), token.size());
  head_ = token.substr(0, point);
  if (point < token.size()) tail_ = token.substr(point + 1);
  StripLeft(head_);
  StripRight(tail_);
  exponent_ += static_cast<int64_t>(head_.size());
  if (head_.empty()) {
    const size_t before = tail_.size();
    StripLeft(tail_);
    exponent_ -= static_cast<int64_t>(before - tail_.size());
  }
  if (tail_.empty()) StripRight(head_);
  digits_ = head_.size() + tail_.size();
  exponent_ = std::clamp(exponent_, -kMostExponent, kMostExponent);
  if (digits_ == 0) {
    negative_ = false;
    exponent_ = 0;
  }
}

std::strong_ordering Decimal::operator<=>(const Decimal& other) const {
  const auto sign = [](const Decimal& d) { return d.is_zero() ? 0 : d.negative_ ? -1 : 1; };
  if (sign(*this) != sign(other)) return sign(*this) <=> sign(other);
  const Decimal& large = negative_ ? other : *this;
  const Decimal& small = negative_ ? *this : other;
  if (exponent_ != other.exponent_) return large.exponent_ <=> small.exponent_;
  const size_t common = std::min(digits_, other.digits_);
  for (size_t i = 0; i < common; ++i) {
    if (large.digit(i) != small.digit(i)) return large.digit(i) <=> small.digit(i);
  }
  return large.digits_ <=> small.digits_;
}

uint64_t Decimal::Hash() const {
  // FNV-1a.
  uint64_t hash = 0xcbf29ce484222325u;
  const auto mix = [&hash](uint64_t value) { hash = (hash ^ value) * 0x100000001b3u; };
  mix(negative_ ? 1 : 0);
  mix(static_cast<uint64_t>(exponent_));
  for (size_t i = 0; i < digits_; ++i) mix(static_cast<uint64_t>(digit(i)));
  return hash;
}

std::optional<Divisor> Divisor::From(const Decimal& value) {
  if (value.is_zero() || value.is_negative() || value.digits() > kMostDivisorDigits) {
    return std::nullopt;
  }
  uint64_t digits = 0;
  for (size_t i = 0; i < value.digits(); ++i) {
    digits = digits * 10 + static_cast<uint64_t>(value.digit(i));
  }
  return Divisor(digits, value.exponent() - static_cast<int64_t>(value.digits()));
}

bool Divisor::Divides(const Decimal& value) const {
  if (value.is_zero()) return true;
  const int64_t shift = value.exponent() - static_cast<int64_t>(value.digits()) - exponent_;
  // Its last digit is no zero: it is no multiple of ten, as it would have to be.
  if (shift < 0) return false;
  uint64_t rest = 0;
  for (size_t i = 0; i < value.digits(); ++i) {
    rest = (MultiplyModulo(rest, 10, digits_) + static_cast<uint64_t>(value.digit(i))) % digits_;
  }
  return MultiplyModulo(rest, PowerOfTenModulo(shift, digits_), digits_) == 0;
}

}  // namespace amqp_sidecar::json
