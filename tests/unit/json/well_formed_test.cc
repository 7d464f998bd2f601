// Which texts are JSON.

#include <string>

#include "json/document.h"
#include "support/catch.h"

namespace amqp_sidecar::json {
namespace {

std::optional<std::string> CheckWellFormed(const std::string& text) {
  Document document;
  return document.Parse(text);
}

std::string Nested(int depth) {
  return std::string(static_cast<size_t>(depth), '[') +
         std::string(static_cast<size_t>(depth), ']');
}

TEST_CASE("well-formed JSON of every kind is taken") {
  const std::string text =
      GENERATE("{}", "[]", " [ ] ", "null", "true", "false", "0", "-0.5e+10", "\"\"", "\"x\"",
               R"({"a":[1,2,{"b":null}],"c":"\u00e9\n"})", "{\"a\":1}\n", R"({"a":1,"a":2})",
               "[\"\xC3\xA9\"]", "[1]\t", "[[],{}]");
  CAPTURE(text);
  CHECK(CheckWellFormed(text) == std::nullopt);
}

TEST_CASE("a number of any size is a number") {
  const std::string text = GENERATE(std::string("18446744073709551616"), std::string("1e400"),
                                    "[" + std::string(1000, '9') + "]",
                                    "{\"n\":-1." + std::string(1000, '3') + "E-9999}");
  CAPTURE(text);
  CHECK(CheckWellFormed(text) == std::nullopt);
}

TEST_CASE("what is not JSON is refused") {
  const std::string text =
      GENERATE("", " ", "{", "}", "[1,2", "[1 2]", "[1,]", "{\"a\":1,}", "{\"a\"}", "{a:1}",
               "{'a':1}", "nul", "nullx", "[truex]", "[tru]", "01", "[01]", "[1.]", "[.5]", "[+1]",
               "[1e]", "[-]", "1 2", "[] []", "{} x", "\"a", "[\"\\x\"]", "[\"\\u12\"]",
               "[\"a\tb\"]", "[NaN]", "[Infinity]", "// c\n1", "[1]\x01", "{\"a\":}", "{\"a\" 1}",
               "[,1]", "{1:2}", "[1:2]", "\"a\" \"b\"", "true false");
  CAPTURE(text);
  CHECK(CheckWellFormed(text) != std::nullopt);
}

TEST_CASE("text that is not UTF-8 is refused") {
  const std::string text =
      GENERATE("[\"\xff\"]", "[\"\xC0\x80\"]", "[\"\xED\xA0\x80\"]", "\"\xC3\"");
  CHECK(CheckWellFormed(text) != std::nullopt);
}

TEST_CASE("a byte order mark is refused by name") {
  CHECK(CheckWellFormed("\xEF\xBB\xBF{}").value() == "begins with a byte order mark");
}

TEST_CASE("64 levels are taken and 65 refused") {
  CHECK(CheckWellFormed(Nested(64)) == std::nullopt);
  CHECK_THAT(CheckWellFormed(Nested(65)).value(), ContainsSubstring("64 levels"));
  CHECK(CheckWellFormed(std::string(100'000, '[')) != std::nullopt);
}

TEST_CASE("the complaint points at the place") {
  CHECK_THAT(CheckWellFormed(R"({"items":[1,{"a/b":tru}]})").value(),
             ContainsSubstring("/items/1/a~1b: "));
}

}  // namespace
}  // namespace amqp_sidecar::json
