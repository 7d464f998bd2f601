#include "json/decimal.h"

#include <string>
#include <vector>

#include "json/number_token.h"
#include "support/catch.h"

namespace amqp_sidecar::json {
namespace {

bool Divides(const std::string& divisor, const std::string& value) {
  CAPTURE(divisor, value);
  const auto by = Divisor::From(Decimal(divisor));
  REQUIRE(by);
  return by->Divides(Decimal(value));
}

const std::string kNines(1'000, '9');
const std::string kZeros(1'000, '0');

TEST_CASE("numbers stand in their order, however they are written") {
  // Each line is one number.
  const std::vector<std::vector<std::string>> ordered = {
      {"-1e9999999999999999999999", "-1e99999999999999999999"},
      {"-" + kNines},
      {"-1e400", "-1" + std::string(400, '0'), "-0.1e401"},
      {"-1.0000000000000000000000001e3", "-1000.0000000000000000000001"},
      {"-1e3", "-1000", "-1000.0", "-10000e-1", "-0.001E6"},
      {"-999.9999999999999999999999999"},
      {"-1.5", "-15e-1"},
      {"-1", "-1.0", "-10e-1", "-1E0", "-1e-0"},
      {"-0.1", "-1e-1"},
      {"-1e-400"},
      {"-1e-99999999999999999999"},
      {"0", "-0", "0.0", "-0.0", "0e400", "0E-9999999999999999999", "0." + kZeros,
       "-0e99999999999999999999"},
      {"1e-99999999999999999999", "1e-88888888888888888888"},
      {"1e-400", "0." + std::string(399, '0') + "1"},
      {"0.001", "1e-3", "0.0010"},
      {"0.01", "1e-2"},
      {"0.1", "1e-1", "0.10000"},
      {"0.10000000000000000000000000000000000001"},
      {"0.3", "3e-1"},
      {"0.30000000000000004"},
      {"1", "1.0", "10e-1", "0.1e1", "1e0"},
      {"1.0000000000000000000000000000001"},
      {"9", "9.0"},
      {"10", "1e1", "1E+1", "1.0e+01"},
      {"9007199254740992", "9007199254740992.0", "9.007199254740992e15"},
      {"9007199254740993", "9.007199254740993e15", "900719925474099.3e1"},
      {"18446744073709551615"},
      {"18446744073709551616"},
      {"123456789012345678901234567890", "12345678901234567890123456789e1"},
      {"1e308"},
      {"1" + kZeros, "1e1000", "1.0e1000"},
      {"1" + std::string(999, '0') + "1" + "0", "1" + std::string(999, '0') + "1e1"},
      {"1e99999999999999999999", "1e88888888888888888888"},
  };
  for (size_t a = 0; a < ordered.size(); ++a) {
    for (size_t b = 0; b < ordered.size(); ++b) {
      for (const std::string& left : ordered[a]) {
        for (const std::string& right : ordered[b]) {
          CAPTURE(left, right);
          CHECK((Decimal(left) <=> Decimal(right)) == (a <=> b));
          CHECK((Decimal(left) == Decimal(right)) == (a == b));
          if (a == b) CHECK(Decimal(left).Hash() == Decimal(right).Hash());
        }
      }
    }
  }
}

TEST_CASE("numbers that differ hash differently, mostly") {
  const std::vector<std::string> numbers = {"0",   "1",       "-1",    "2",     "10",  "100",
                                            "0.1", "12",      "21",    "1e400", "1.2", "120",
                                            "-12", "1e-1000", "1e401", "123"};
  for (const std::string& a : numbers) {
    for (const std::string& b : numbers) {
      CAPTURE(a, b);
      CHECK((Decimal(a).Hash() == Decimal(b).Hash()) == (a == b));
    }
  }
}

TEST_CASE("an integer is what has no fraction, not what is written without one") {
  for (const std::string& integer :
       {std::string("0"), std::string("-0"), std::string("0.0"), std::string("0e-5"),
        std::string("1"), std::string("-1.0"), std::string("1e400"), std::string("1.5e1"),
        std::string("100e-2"), std::string("1e99999999999999999999"), "1" + kZeros + "e-1000",
        kNines + "." + kZeros, "1." + kNines + "e1000", std::string("0e-99999999999999999999")}) {
    CAPTURE(integer);
    CHECK(Decimal(integer).is_integer());
  }
  for (const std::string& other :
       {std::string("0.5"), std::string("-1.5"), std::string("15e-1"), std::string("1e-400"),
        std::string("100e-3"), kNines + "." + kZeros + "1", "1." + kNines + "e999",
        std::string("1e-99999999999999999999"), std::string("1.05e1")}) {
    CAPTURE(other);
    CHECK_FALSE(Decimal(other).is_integer());
  }
}

TEST_CASE("digits are those between the zeros at both ends") {
  const std::string text =
      GENERATE("00.0", "120300", "0.001203", "12.03", "-1203e500", "1.20300E-9");
  if (text == "00.0") {
    CHECK(Decimal("0.000").digits() == 0);
    CHECK(Decimal("0.000").is_zero());
    CHECK_FALSE(Decimal("0.0001").is_zero());
    return;
  }
  const Decimal value(text);
  CAPTURE(text);
  REQUIRE(value.digits() == 4);
  CHECK(value.digit(0) == 1);
  CHECK(value.digit(1) == 2);
  CHECK(value.digit(2) == 0);
  CHECK(value.digit(3) == 3);
  CHECK(value.is_negative() == (text[0] == '-'));
  CHECK_FALSE(value.is_zero());
}

TEST_CASE("the exponent is where the point stands") {
  CHECK(Decimal("1").exponent() == 1);
  CHECK(Decimal("0.1").exponent() == 0);
  CHECK(Decimal("0.01").exponent() == -1);
  CHECK(Decimal("120.5").exponent() == 3);
  CHECK(Decimal("1e400").exponent() == 401);
  CHECK(Decimal("0.0012e3").exponent() == 1);
}

TEST_CASE("multiples are exact") {
  CHECK(Divides("0.01", "19.99"));
  CHECK(Divides("0.01", "4.35"));
  CHECK(Divides("0.01", "-1.1"));
  CHECK(Divides("0.1", "0.3"));
  CHECK(Divides("0.1", "1.1"));
  CHECK_FALSE(Divides("0.1", "0.30000000000000004"));
  CHECK_FALSE(Divides("0.01", "19.991"));
  CHECK_FALSE(Divides("0.01", "0.005"));
  CHECK(Divides("1e-400", "1"));
  CHECK(Divides("1e-400", "1e-399"));
  CHECK_FALSE(Divides("1e-400", "1e-401"));
  CHECK(Divides("1e-8", "12391239123"));
  CHECK(Divides("0.5", "1e308"));
  CHECK(Divides("0.123456789", "0.123456789e308"));
  CHECK_FALSE(Divides("0.123456789", "1e308"));  // 123456789 is 3 x 3 x 3607 x 3803
  CHECK(Divides("0.0075", "0.00750"));
  CHECK_FALSE(Divides("0.0001", "0.00751"));
  CHECK(Divides("3", "9007199254740993"));
  CHECK_FALSE(Divides("3", "9007199254740992"));
  CHECK(Divides("7", "7e400"));
  CHECK_FALSE(Divides("7", "1e400"));
  CHECK(Divides("8", "1e3"));
  CHECK_FALSE(Divides("8", "1e2"));
  CHECK(Divides("25", "1e2"));
  CHECK(Divides("1e400", "3e400"));
  CHECK(Divides("1e400", "3e401"));
  CHECK_FALSE(Divides("1e400", "3e399"));
  CHECK(Divides("20", "100"));
  CHECK_FALSE(Divides("20", "110"));
  CHECK_FALSE(Divides("20", "1"));
  CHECK(Divides("1", "1e99999999999999999999"));
  CHECK_FALSE(Divides("1", "1e-99999999999999999999"));
}

TEST_CASE("zero is a multiple of everything") {
  for (const char* divisor : {"1", "0.01", "1e400", "1e-400", "999999999999999999", "7e-3"}) {
    for (const char* zero : {"0", "-0", "0.0", "0e400", "0e-400"}) CHECK(Divides(divisor, zero));
  }
}

TEST_CASE("numbers of a thousand digits are divided by those of eighteen") {
  CHECK(Divides("9", kNines));
  CHECK(Divides("999999999999999999", std::string(18 * 50, '9')));
  CHECK_FALSE(Divides("999999999999999999", std::string(18 * 50 + 1, '9')));
  CHECK(Divides("0.000000000000000009", "0." + std::string(18, '9')));
  CHECK(Divides("999999999999999999e-1000", "999999999999999999"));
  CHECK(Divides("999999999999999999", "999999999999999999" + kZeros));
  CHECK_FALSE(Divides("999999999999999999", "999999999999999998" + kZeros));
  CHECK(Divides("123456789012345678",
                "123456789012345678" + std::string(300, '0') + "123456789012345678"));
}

TEST_CASE("small multiples are those of whole numbers") {
  for (int divisor = 1; divisor <= 40; ++divisor) {
    for (int value = -130; value <= 130; ++value) {
      const bool divides = value % divisor == 0;
      const std::string by = std::to_string(divisor);
      const std::string of = std::to_string(value);
      if (Divides(by, of) != divides || Divides(by + "e-2", of + "e-2") != divides ||
          Divides(by + "e300", of + "e300") != divides || Divides(by + "0", of + "0") != divides) {
        CAPTURE(by, of);
        CHECK(false);
      }
    }
  }
}

TEST_CASE("a divisor is above zero, and of 18 digits at most") {
  for (const char* value : {"0", "-0", "0.0", "-1", "-0.01", "0e5", "1234567890123456789",
                            "1.234567890123456789", "0.1234567890123456789"}) {
    CAPTURE(value);
    CHECK_FALSE(Divisor::From(Decimal(value)).has_value());
  }
  for (const char* value :
       {"1", "0.01", "1e400", "123456789012345678", "1.23456789012345678", "1234567890123456780000",
        "0.000000000000000000000000123456789012345678", "100000000000000000000000000"}) {
    CAPTURE(value);
    CHECK(Divisor::From(Decimal(value)).has_value());
  }
}

TEST_CASE("a number token is read by the grammar of RFC 8259") {
  for (const char* number :
       {"0", "-0", "1", "10", "1.0", "1e1", "1E+1", "-1.25e-10", "0.0", "0e0"}) {
    CAPTURE(number);
    CHECK(ReadNumber(number).has_value());
  }
  for (const char* other : {"", "-", "+1", "01", "1.", ".1", "1e", "1e+", "1 ", " 1", "1,", "0x1",
                            "-01", "1.e1", "NaN", "--1", "1e1.0", "1a"}) {
    CAPTURE(other);
    CHECK_FALSE(ReadNumber(other).has_value());
  }
  CHECK(ReadNumber("-999999999999999999")->integer == -999999999999999999);
  CHECK(ReadNumber("-999999999999999999")->is_plain_integer);
  CHECK_FALSE(ReadNumber("1000000000000000000")->is_plain_integer);
  CHECK_FALSE(ReadNumber("1.0")->is_plain_integer);
  CHECK_FALSE(ReadNumber("1e1")->is_plain_integer);
}

}  // namespace
}  // namespace amqp_sidecar::json
