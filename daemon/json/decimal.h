// Decimal: a JSON number as it is written, of any size, compared exactly. Refers to its text. Pure,
// any thread.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace amqp_sidecar::json {

class Decimal {
 public:
  // `token` is a number by RFC 8259 §6, and outlives this.
  explicit Decimal(std::string_view token);

  bool is_zero() const { return digits_ == 0; }
  bool is_negative() const { return negative_; }
  // 1.0 and 1e400 are integers, too.
  bool is_integer() const { return static_cast<int64_t>(digits_) <= exponent_; }

  // Significant digits: without zeros at either end.
  size_t digits() const { return digits_; }
  // The value is 0.DIGITS times ten to the power of this. An exponent whose amount is beyond
  // kMostExponent counts as that.
  int64_t exponent() const { return exponent_; }
  static constexpr int64_t kMostExponent = int64_t{1} << 40;
  // 0 to 9; the first is no zero. `index` is below digits().
  int digit(size_t index) const {
    return (index < head_.size() ? head_[index] : tail_[index - head_.size()]) - '0';
  }

  std::strong_ordering operator<=>(const Decimal& other) const;
  bool operator==(const Decimal& other) const { return (*this <=> other) == 0; }

  // The same for numbers that are equal.
  uint64_t Hash() const;

 private:
  bool negative_ = false;
  std::string_view head_;  // of the digits: before the point
  std::string_view tail_;  // behind it
  size_t digits_ = 0;
  int64_t exponent_ = 0;
};

// What `multipleOf` asks for.
class Divisor {
 public:
  // Above 0, and of 18 significant digits at most; else nothing.
  static std::optional<Divisor> From(const Decimal& value);

  bool Divides(const Decimal& value) const;

 private:
  Divisor(uint64_t digits, int64_t exponent) : digits_(digits), exponent_(exponent) {}

  uint64_t digits_;
  int64_t exponent_;  // it is digits_ times ten to the power of this
};

}  // namespace amqp_sidecar::json
