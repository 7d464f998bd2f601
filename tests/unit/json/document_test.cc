#include "json/document.h"

#include <string>
#include <vector>

#include "support/catch.h"

namespace amqp_sidecar::json {
namespace {

std::string Nested(int depth) {
  return std::string(static_cast<size_t>(depth), '[') +
         std::string(static_cast<size_t>(depth), ']');
}

// The string that the whole text is.
std::string Unescaped(std::string_view text) {
  Document document;
  INFO(text);
  const auto error = document.Parse(text);
  INFO(error.value_or(""));
  REQUIRE_FALSE(error.has_value());
  REQUIRE(document.size() == 1);
  REQUIRE(document[0].type == Type::kString);
  return std::string(document.text(0));
}

std::string WhyRefused(std::string_view text, const Document::Options& options = {}) {
  Document document;
  const auto error = document.Parse(text, options);
  CAPTURE(text);
  REQUIRE(error.has_value());
  CHECK_FALSE(error->empty());
  CHECK(document.size() == 0);
  return *error;
}

TEST_CASE("a text of one value is one value") {
  Document document;
  for (const std::string_view space : {"", " ", "\t\r\n "}) {
    const std::string around(space);
    REQUIRE_FALSE(document.Parse(around + "null" + around));
    CHECK(document[0].type == Type::kNull);
    REQUIRE_FALSE(document.Parse(around + "true" + around));
    CHECK(document[0].type == Type::kBoolean);
    CHECK(document[0].is_true);
    REQUIRE_FALSE(document.Parse(around + "false" + around));
    CHECK(document[0].type == Type::kBoolean);
    CHECK_FALSE(document[0].is_true);
    REQUIRE_FALSE(document.Parse(around + "-12.50E+3" + around));
    CHECK(document[0].type == Type::kNumber);
    CHECK(document.text(0) == "-12.50E+3");
    REQUIRE_FALSE(document.Parse(around + "\"\"" + around));
    CHECK(document[0].type == Type::kString);
    CHECK_FALSE(document[0].is_name);
    CHECK(document.text(0).empty());
    REQUIRE_FALSE(document.Parse(around + "[ ]" + around));
    CHECK(document[0].type == Type::kArray);
    CHECK(document[0].count == 0);
    REQUIRE_FALSE(document.Parse(around + "{\n}" + around));
    CHECK(document[0].type == Type::kObject);
    CHECK(document[0].count == 0);
    CHECK(document.size() == 1);
    CHECK(document[0].next == 1);
    CHECK(document.bytes() == 3 + 2 * around.size());
  }
}

TEST_CASE("what is in arrays and objects stands behind them, in order") {
  Document document;
  REQUIRE_FALSE(document.Parse(R"({"a": [1, [], {"b": null}], "": "x", "c": {}})"));
  // 0 {  1 a  2 [  3 1  4 []  5 {  6 b  7 null  8 ""  9 x  10 c  11 {}
  REQUIRE(document.size() == 12);
  const std::vector<uint32_t> next = {12, 2, 8, 4, 5, 8, 7, 8, 9, 10, 11, 12};
  for (uint32_t i = 0; i < 12; ++i) {
    CAPTURE(i);
    CHECK(document[i].next == next[i]);
    CHECK((document[i].type == Type::kString && document[i].is_name) ==
          (i == 1 || i == 6 || i == 8 || i == 10));
  }
  CHECK(document[0].type == Type::kObject);
  CHECK(document[0].count == 3);
  CHECK(document[2].type == Type::kArray);
  CHECK(document[2].count == 3);
  CHECK(document[4].count == 0);
  CHECK(document[5].type == Type::kObject);
  CHECK(document[5].count == 1);
  CHECK(document[7].type == Type::kNull);
  CHECK(document.text(1) == "a");
  CHECK(document.text(3) == "1");
  CHECK(document.text(6) == "b");
  CHECK(document.text(8).empty());
  CHECK(document.text(9) == "x");
  CHECK(document[11].type == Type::kObject);
}

TEST_CASE("strings are unescaped") {
  CHECK(Unescaped(R"("plain é")") == "plain é");
  CHECK(Unescaped(R"("\"\\\/\b\f\n\r\t")") == "\"\\/\b\f\n\r\t");
  CHECK(Unescaped(R"("\u0041\u00e9\u00E9\u20ac\uFFFF")") == "A\u00e9\u00e9\u20ac\uFFFF");
  CHECK(Unescaped(R"("\u0000")") == std::string(1, '\0'));
  CHECK(Unescaped(R"("a\u0000b")") == std::string("a\0b", 3));
  CHECK(Unescaped(R"("\ud83d\ude00")") == "\U0001F600");
  CHECK(Unescaped(R"("\uD800\uDC00x\uDBFF\uDFFF")") == "\U00010000x\U0010FFFF");
  CHECK(Unescaped(R"("\uD7FF\uE000")") == "\uD7FF\uE000");
  CHECK(Unescaped(R"("\\u0041")") == "\\u0041");
  CHECK(Unescaped("\"\x7F\"") == "\x7F");
}

TEST_CASE("strings of every length around a block of simdjson are unescaped") {
  for (size_t length = 0; length < 200; ++length) {
    const std::string filler(length, 'x');
    CHECK(Unescaped("\"" + filler + "\\n" + filler + "\\\\\"") == filler + "\n" + filler + "\\");
    CHECK(Unescaped("\"" + filler + "\"") == filler);
  }
  CHECK(Unescaped("\"" + std::string(2'000, '\\') + "\"") == std::string(1'000, '\\'));
  CHECK_FALSE(WhyRefused("\"" + std::string(2'001, '\\') + "\"").empty());
}

TEST_CASE("halves of surrogate pairs are refused") {
  const std::string text = GENERATE(
      R"("\ud800")", R"("\udc00")", R"("\udfff")", R"("\udbff")", R"("\ud83dx")", R"("\ud83d\n")",
      R"("\ud83d\u0041")", R"("\ud83d\ud83d")", R"("\ud83d\ue000")", R"("\ude00\ud83d")",
      R"("\ud83d\\ude00")", R"("\ud83d\ud83d\ude00")", R"("\ud83d\u")", R"("\ud83d\ude0")",
      R"("\ud83d\ude0g")", R"(["a\ud800"])", R"({"\ud800": 1})");
  CHECK_FALSE(WhyRefused(text).empty());
}

TEST_CASE("other escapes are refused") {
  const std::string text =
      GENERATE(R"("\a")", R"("\x41")", R"("\'")", R"("\0")", R"("\U0041")", R"("\u")", R"("\u1")",
               R"("\u12")", R"("\u123")", R"("\u123g")", R"("\u+123")", R"("\u 123")", R"("\")",
               "\"\\\n\"", "\"\\\xC3\xA9\"", R"({"\a": 1})");
  CHECK_FALSE(WhyRefused(text).empty());
}

TEST_CASE("text that is not UTF-8 is refused, in strings and names") {
  for (const std::string& bytes : std::vector<std::string>{"\x80",
                                                           "\xBF",
                                                           "\xC0\x80",
                                                           "\xC0\xAF",
                                                           "\xC1\xBF",
                                                           "\xC3",
                                                           "\xC3\x28",
                                                           "\xE0\x80\x80",
                                                           "\xE0\x9F\xBF",
                                                           "\xE2\x82",
                                                           "\xED\xA0\x80",
                                                           "\xED\xBF\xBF",
                                                           "\xF0\x80\x80\x80",
                                                           "\xF0\x8F\xBF\xBF",
                                                           "\xF0\x9F\x98",
                                                           "\xF4\x90\x80\x80",
                                                           "\xF5\x80\x80\x80",
                                                           "\xF8\x88\x80\x80\x80",
                                                           "\xFE",
                                                           "\xFF"}) {
    for (const size_t before : {size_t{0}, size_t{61}, size_t{63}, size_t{64}}) {
      const std::string filler(before, 'x');
      CHECK_FALSE(WhyRefused("\"" + filler + bytes + "\"").empty());
      CHECK_FALSE(WhyRefused("[\"" + filler + bytes + "tail\"]").empty());
      CHECK_FALSE(WhyRefused("{\"" + filler + bytes + "\":1}").empty());
    }
  }
  CHECK(Unescaped("\"\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\"") ==
        "\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF");
}

TEST_CASE("control characters are refused, in strings and outside") {
  for (char c = 0; c < 0x20; ++c) {
    CAPTURE(static_cast<int>(c));
    CHECK_FALSE(WhyRefused("\"a" + std::string(1, c) + "b\"").empty());
    CHECK_FALSE(WhyRefused("{\"" + std::string(1, c) + "\":1}").empty());
    if (c == '\t' || c == '\n' || c == '\r') continue;
    CHECK_FALSE(WhyRefused("[1," + std::string(1, c) + "2]").empty());
    CHECK_FALSE(WhyRefused("[1]" + std::string(1, c)).empty());
    CHECK_FALSE(WhyRefused(std::string(1, c) + "[1]").empty());
  }
  for (const std::string space : {"\xC2\xA0", "\xE2\x80\xA8", "\x0B", "\x7F"}) {
    CHECK_FALSE(WhyRefused("[1," + space + "2]").empty());
  }
}

TEST_CASE("a byte order mark is refused by name, wherever it stands") {
  CHECK_THAT(WhyRefused("\xEF\xBB\xBF{}"), ContainsSubstring("byte order mark"));
  CHECK_THAT(WhyRefused("\xEF\xBB\xBF"), ContainsSubstring("byte order mark"));
  CHECK_FALSE(WhyRefused("{}\xEF\xBB\xBF").empty());
  CHECK_FALSE(WhyRefused("\xFF\xFE{\0}\0").empty());
  CHECK(Unescaped("\"\xEF\xBB\xBF\"") == "\xEF\xBB\xBF");
}

TEST_CASE("nothing, spaces and two values are refused") {
  const std::string text = GENERATE("", " ", "\n\n", "1 2", "{}{}", "[],", "null,", "[]]", "{}}",
                                    "\"a\"\"b\"", "1,", ",1", "null null", "-", "\"");
  CHECK_FALSE(WhyRefused(text).empty());
}

TEST_CASE("64 levels are a document, 65 are none") {
  Document document;
  REQUIRE_FALSE(document.Parse(Nested(64)));
  CHECK(document.size() == 64);
  CHECK(document[0].next == 64);
  CHECK(document[63].count == 0);
  CHECK(document[0].count == 1);
  CHECK_THAT(WhyRefused(Nested(65)), ContainsSubstring("64"));
  std::string objects = "1";
  for (int i = 0; i < 64; ++i) objects = "{\"a\":" + objects + "}";
  CHECK_FALSE(document.Parse(objects));
  CHECK_THAT(WhyRefused("[" + objects + "]"), ContainsSubstring("64"));
  CHECK_FALSE(document.Parse("[" + Nested(63) + "," + Nested(63) + "]"));
  CHECK_THAT(WhyRefused("[" + Nested(63) + "," + Nested(64) + "]"), ContainsSubstring("64"));
  CHECK_FALSE(WhyRefused(std::string(100'000, '[')).empty());
}

TEST_CASE("the depth is an option") {
  Document document;
  CHECK_FALSE(document.Parse("[[1]]", {.max_depth = 2, .unique_keys = false}));
  CHECK(document.Parse("[[[1]]]", {.max_depth = 2, .unique_keys = false}));
  CHECK_FALSE(document.Parse("1", {.max_depth = 1, .unique_keys = false}));
  CHECK_FALSE(document.Parse(Nested(1'000), {.max_depth = 1'000, .unique_keys = false}));
  CHECK(document.size() == 1'000);
  CHECK(document.Parse(Nested(1'001), {.max_depth = 1'000, .unique_keys = false}));
}

TEST_CASE("integers of up to 18 digits are read, longer ones kept as they are") {
  struct Number {
    std::string text;
    bool plain;
    int64_t integer;
  };
  Document document;
  for (const Number& number :
       std::vector<Number>{{"0", true, 0},
                           {"-0", true, 0},
                           {"7", true, 7},
                           {"-12", true, -12},
                           {"12345678901234567", true, 12345678901234567},
                           {"999999999999999999", true, 999999999999999999},
                           {"-999999999999999999", true, -999999999999999999},
                           {"100000000000000000", true, 100000000000000000},
                           {"1000000000000000000", false, 0},
                           {"-9223372036854775808", false, 0},
                           {"9223372036854775808", false, 0},
                           {"18446744073709551616", false, 0},
                           {"1.0", false, 0},
                           {"-0.0", false, 0},
                           {"1e2", false, 0},
                           {"0E0", false, 0},
                           {"1E+2", false, 0},
                           {"0.10e-3", false, 0}}) {
    for (const char* form : {"%", "[%]", "[%,0]", "{\"a\":%}", "% ", "[ % ]"}) {
      std::string text = form;
      text.replace(text.find('%'), 1, number.text);
      CAPTURE(text);
      REQUIRE_FALSE(document.Parse(text));
      uint32_t at = 0;
      while (document[at].type != Type::kNumber) ++at;
      CHECK(document.text(at) == number.text);
      CHECK(document[at].is_plain_integer == number.plain);
      if (number.plain) CHECK(document[at].integer == number.integer);
    }
  }
}

TEST_CASE("numbers of a thousand digits are taken as they are written") {
  Document document;
  for (const std::string& number : {std::string(1'000, '9'), "-1" + std::string(1'000, '0'),
                                    "0." + std::string(1'000, '3'), "1e" + std::string(1'000, '9'),
                                    "-5." + std::string(500, '1') + "E-" + std::string(500, '7')}) {
    REQUIRE_FALSE(document.Parse("[" + number + "]"));
    CHECK(document.text(1) == number);
    CHECK_FALSE(document[1].is_plain_integer);
    REQUIRE_FALSE(document.Parse(number));
    CHECK(document.text(0) == number);
  }
}

TEST_CASE("what is no number is refused") {
  const std::string number =
      GENERATE("00", "01", "-01", "+1", "-", "--1", "1.", ".5", "-.5", "1.e1", "1e", "1e+", "1E-",
               "1ee1", "1e1.5", "0x10", "1a", "1.5.5", "1_000", "NaN", "Infinity", "-Infinity",
               "1e1e1", "0e", "00.5", "1\xC2\xB2", "\xEF\xBC\x91", "1\"\"", "1-1", "1+1");
  CHECK_FALSE(WhyRefused(number).empty());
  CHECK_FALSE(WhyRefused("[" + number + "]").empty());
  CHECK_FALSE(WhyRefused("{\"a\":" + number + ",\"b\":1}").empty());
}

}  // namespace
}  // namespace amqp_sidecar::json
