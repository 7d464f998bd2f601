#include "json/pattern.h"

#include <random>

#include "support/catch.h"

namespace amqp_sidecar::json {
namespace {

bool Matches(std::string_view expression, std::string_view text) {
  const auto pattern = Pattern::Compile(expression);
  INFO(expression << ": " << pattern.status());
  REQUIRE(pattern.ok());
  return pattern->Matches(text);
}

std::string WhyRefused(std::string_view expression) {
  const auto pattern = Pattern::Compile(expression);
  CAPTURE(expression);
  REQUIRE_FALSE(pattern.ok());
  CHECK(pattern.status().code() == absl::StatusCode::kInvalidArgument);
  return std::string(pattern.status().message());
}

std::string Repeated(int times, std::string_view text) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

struct Case {
  std::string expression;
  std::string matched;
  std::string unmatched;
};

void CheckAll(const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    CAPTURE(one.expression, one.matched, one.unmatched);
    CHECK(Matches(one.expression, one.matched));
    CHECK_FALSE(Matches(one.expression, one.unmatched));
  }
}

TEST_CASE("a pattern is found anywhere, and anchors itself") {
  CheckAll({{"b+", "abbc", "ac"}, {"^[A-Z]{3}-\\d+$", "ABC-12", "ABC-12x"}});
  CHECK(Matches("", ""));
  CHECK(Pattern::Compile("^a$")->expression() == "^a$");
}

TEST_CASE("^ and $ are the ends of the text, not of a line") {
  CheckAll({{"^abc$", "abc", "abc\n"}, {"^b", "b", "a\nb"}, {"a$", "a", "a\nb"}});
}

TEST_CASE("a dot is anything but the ends of lines") {
  for (const char* end : {"\n", "\r", "\xE2\x80\xA8", "\xE2\x80\xA9"}) {
    CHECK_FALSE(Matches("^.$", end));
  }
  CHECK(Matches("^.$", "\xF0\x9F\x98\x80"));
  CHECK(Matches("^.$", std::string(1, '\0')));
  CHECK(Matches("^...$", "\xE2\x80\xAA\xC3\xA9\x0B"));
}

TEST_CASE("digits and words are those of ASCII") {
  CheckAll({{"^\\d$", "7", "\xDF\x80"},
            {"^\\D$", "\xDF\x80", "7"},
            {"^\\w$", "_", "\xC3\xA9"},
            {"^\\W$", "\xC3\xA9", "z"},
            {"^[\\d]$", "7", "a"},
            {"^[^\\d]$", "a", "7"},
            {"^[\\D]$", "a", "7"},
            {"^[^\\W_]$", "a", "_"}});
}

TEST_CASE("white space is all that ECMA-262 knows, in a class and outside, and its opposite too") {
  for (const char* space : {" ", "\t", "\v", "\f", "\n", "\r", "\xC2\xA0", "\xE1\x9A\x80",
                            "\xE2\x80\x83", "\xE2\x80\xA8", "\xE2\x80\xA9", "\xE2\x80\xAF",
                            "\xE2\x81\x9F", "\xE3\x80\x80", "\xEF\xBB\xBF"}) {
    CAPTURE(space);
    CHECK(Matches("^\\s$", space));
    CHECK(Matches("^[\\s,]$", space));
    CHECK(Matches("^[^\\S]$", space));
    CHECK_FALSE(Matches("^\\S$", space));
    CHECK_FALSE(Matches("^[\\S]$", space));
  }
  for (const char* other : {"a", "\x01", "\xE2\x80\x8B", "\xE2\x80\x93", "\xF4\x8F\xBF\xBF"}) {
    CAPTURE(other);
    CHECK(Matches("^\\S$", other));
    CHECK(Matches("^[\\S]$", other));
    CHECK_FALSE(Matches("^\\s$", other));
  }
}

TEST_CASE("the empty class is nothing, and the opposite is anything") {
  CHECK_FALSE(Matches("[]", "a"));
  CHECK_FALSE(Matches("^[]$", ""));
  CHECK(Matches("a[]*b", "ab"));
  CHECK(Matches("^[^]$", "\n"));
  CHECK_FALSE(Matches("^[^]$", ""));
}

TEST_CASE("in a class most characters stand for themselves") {
  CheckAll({{"^[[]$", "[", "a"},
            {"^[[:alpha:]]$", "a]", "b"},  // no class of POSIX: one of "[:alph", and a "]"
            {"^[.*+?(){}|$/]$", "$", "\\"},
            {"^[a^]$", "^", "b"},
            {"^[-a]$", "-", "b"},
            {"^[a-]$", "-", "b"},
            {"^[a-c]$", "b", "-"},
            {"^[\\w-]+$", "a-b", "a.b"},
            {"^[\\w-.]+$", "a-.b", "a+b"},
            {"^[a-\\d]+$", "a-1", "b"},
            {"^[\\-\\]\\\\]$", "]", "x"},
            {"^[\\b]$", "\b", "b"},
            {"^[&&~~]$", "&", "a"},
            {"^[\xC3\xA0-\xC3\xBF]$", "\xC3\xA9", "e"}});
}

TEST_CASE("escapes stand for their characters") {
  CheckAll({{"^\\t\\n\\v\\f\\r$", "\t\n\v\f\r", "tnvfr"},
            {"^\\cJ\\cj$", "\n\n", "cJcj"},
            {"^\\x41$", "A", "x41"},
            {"^\\u00e9$", "\xC3\xA9", "e"},
            {"^\\uD83D\\uDE00$", "\xF0\x9F\x98\x80", "x"},
            {"^[\\uD83D\\uDE00-\\uD83D\\uDE02]$", "\xF0\x9F\x98\x81", "x"},
            {"^\\u{1F600}$", "\xF0\x9F\x98\x80", "x"},
            {"^\\u{000041}$", "A", "B"},
            {"^a\\/b\\.c$", "a/b.c", "a/bxc"},
            {"^\\^\\$\\\\\\*\\+\\?\\(\\)\\[\\]\\{\\}\\|$", "^$\\*+?()[]{}|", ""},
            {"^\\-\\_\\@\\\"\\ $", "-_@\" ", "x"}});
  CHECK(Matches("^\\0$", std::string(1, '\0')));
  CHECK(Matches("^a\\u{0}b$", std::string("a\0b", 3)));
}

TEST_CASE("half a pair of surrogates matches no text") {
  CHECK_FALSE(Matches("\\uD83D", "\xF0\x9F\x98\x80"));
  CHECK_FALSE(Matches("[\\uD800-\\uDFFF]", "a\xF0\x9F\x98\x80"));
  CHECK(Matches("^[^\\uD800-\\uDFFF]$", "\xF0\x9F\x98\x80"));
}

TEST_CASE("properties of Unicode go by their short and long names") {
  for (const char* letter : {"\\p{L}", "\\p{Letter}", "\\p{General_Category=Letter}", "\\p{gc=L}",
                             "[\\p{L}]", "\\P{N}", "[^\\P{L}]"}) {
    CAPTURE(letter);
    CHECK(Matches(letter, "\xC3\xA9"));
    CHECK_FALSE(Matches(letter, "7"));
  }
  CheckAll({{"^\\p{Lu}$", "\xC3\x89", "\xC3\xA9"},
            {"^\\p{Uppercase_Letter}$", "\xC3\x89", "\xC3\xA9"},
            {"^\\p{digit}+$", "\xE0\xA7\xAA", "a"},
            {"^\\p{Script=Greek}$", "\xCE\xB1", "a"},
            {"^\\p{sc=Grek}$", "\xCE\xB1", "a"},
            {"^\\P{Script=Greek}$", "a", "\xCE\xB1"},
            {"^\\p{Script=Old_Italic}$", "\xF0\x90\x8C\x80", "a"},
            {"^\\p{ASCII}$", "a", "\xC3\xA9"},
            {"^\\P{ASCII}$", "\xC3\xA9", "a"},
            {"^\\p{Cc}$", "\x01", "a"}});
}

TEST_CASE("groups group, named or not, and quantifiers may be lazy") {
  CheckAll({{"^(ab)+$", "abab", "aba"},
            {"^(?:ab){2}$", "abab", "ab"},
            {"^(?<year>\\d{4})-(?<m\xC3\xA9$_1>\\d)$", "2024-1", "2024"},
            {"^a+?b*?c??$", "aab", "b"},
            {"^a{2,3}?$", "aaa", "a"},
            {"^(a|b|)$", "", "c"},
            {"^a{0}$", "", "a"},
            {"^x{2,}$", "xxx", "x"},
            {"\\bfoo\\b", "a foo b", "afoo"},
            {"a\\Bb", "ab", "a b"}});
}

TEST_CASE("braces and brackets that can mean nothing else stand for themselves") {
  CheckAll({{"^{a}$", "{a}", "a"},
            {"^\\{{x}}$", "{{x}}", "x"},
            {"^a{$", "a{", "a"},
            {"^a{x,1}$", "a{x,1}", "a"},
            {"^a{1$", "a{1", "a"},
            {"^]$", "]", ""}});
}

TEST_CASE("what linear time cannot do is refused by its name") {
  CHECK_THAT(WhyRefused("a(?=b)"), ContainsSubstring("look-ahead (?=...) cannot"));
  CHECK_THAT(WhyRefused("^(?!b)"), ContainsSubstring("look-ahead (?!...) cannot"));
  CHECK_THAT(WhyRefused("(?<=a)b"), ContainsSubstring("look-behind (?<=...) cannot"));
  CHECK_THAT(WhyRefused("(?<!a)b"), ContainsSubstring("look-behind (?<!...) cannot"));
  CHECK_THAT(WhyRefused("(a)\\1"), ContainsSubstring("back-reference \\1 cannot"));
  CHECK_THAT(WhyRefused("(?<n>a)\\k<n>"), ContainsSubstring("back-reference \\k<...> cannot"));
}

TEST_CASE("what is no ECMA-262 is refused") {
  const std::string expression = GENERATE(
      "(?i)a", "(?i:a)", "(?P<n>a)", "(?#c)", "(?", "(?<", "(?<>a)", "(?<1a>b)", "(?<a", "\\A",
      "\\z", "\\Z", "\\Q", "\\C", "\\a", "\\e", "\\h", "\\R", "\\X", "\\pL", "\\p", "\\p{}",
      "\\p{Nope}", "\\p{Script=Nope}", "\\p{Latin}", "\\p{L", "\\p{sc=}", "\\p{^L}", "\\c1", "\\c",
      "\\x4", "\\u12", "\\u{}", "\\u{110000}", "\\u{12", "\\u{FFFFFFFFFFFFFFFFF}", "\\01", "\\",
      "\\\xC3\xA9", "(", ")", "(a", "a)", "a))", "[", "[a", "[\\", "[a-", "[\\B]", "[\\1]", "[b-a]",
      "*", "+a", "?", "a**", "a+*", "a++", "a{2}{3}", "|*", "(*)", "^*", "\\b+", "{2}", "a{,5}",
      "a{3,2}", "a{1001}", "a{1,99999999999999999999}", "(?:a{100}){100}", "(?:a{1000}){1000}");
  CAPTURE(expression, WhyRefused(expression));
  CHECK_FALSE(WhyRefused(expression).empty());
}

TEST_CASE("a pattern that would take too much memory is refused") {
  CHECK_THAT(WhyRefused(Repeated(100, "\\S{1000}")), ContainsSubstring("too large"));
  CHECK(Matches("^.{1,1000}$", std::string(1000, 'x')));
}

TEST_CASE("a pattern may take much for a byte where a counted repetition begins anywhere") {
  const auto steps = [](const char* expression) {
    return Pattern::Compile(expression)->steps_per_byte();
  };
  CHECK(steps("(.{0,1000})x$") > 1000);
  CHECK(steps("[A-Z]{1000}") > 999);
  CHECK(steps("^.*[ab][ab]{900}$") > 900);
  for (const char* expression :
       {"^[A-Z]{3}-[0-9]+$", "^[A-Z]{1000}$", "^(a+)+$", "^\\p{L}+$", "^[{1000}]*\\{1000}$",
        "[a{1000}\\]{1000}]+", "^(?:[a-z0-9]{1,8}\\.)+$"}) {
    CAPTURE(expression);
    CHECK(steps(expression) == 1);
  }
}

TEST_CASE("a pattern is hostile in vain") {
  CHECK_FALSE(Pattern::Compile(Repeated(16'000, "(")).ok());
  CHECK_FALSE(Pattern::Compile(Repeated(16'000, "[")).ok());
  CHECK(Pattern::Compile(Repeated(8'000, "(") + Repeated(8'000, ")")).ok());
  CHECK(Pattern::Compile(Repeated(3'000, "(a|") + Repeated(3'000, "b)")).ok());
  CHECK(Pattern::Compile(Repeated(5'000, "(") + "a" + Repeated(5'000, ")+")).ok());
  CHECK(Pattern::Compile(Repeated(8'000, "b?")).ok());
  CHECK(Pattern::Compile(Repeated(8'000, "{1")).ok());
  CHECK_THAT(WhyRefused(Repeated(16'385, "a")), ContainsSubstring("longer than 16384 bytes"));
  const std::string body = std::string(1 << 20, 'a');
  CHECK(Matches("^(a+)+$", body));
  CHECK_FALSE(Matches("^(a+)+$", body + "!"));
  CHECK_FALSE(Matches("^(a|aa)+$", body + "!"));
}

TEST_CASE("a text or a pattern that is not UTF-8 is no crash") {
  CHECK(WhyRefused("a\xFF") == "not valid UTF-8");
  CHECK(WhyRefused("\xED\xA0\x80") == "not valid UTF-8");
  CHECK_FALSE(Matches("^.$", "\xFF"));
}

TEST_CASE("any bytes are a pattern or an error, and are found or not") {
  std::mt19937 random(6);
  const std::string_view pieces = "()[]{}|\\^$.*+?-,=!<>:0159abdDwWsSpPuxckLbB\x01\xC3\xA9\xFF";
  std::uniform_int_distribution<size_t> any(0, pieces.size() - 1);
  std::uniform_int_distribution<size_t> size(0, 12);
  int compiled = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string expression;
    for (size_t left = size(random); left > 0; --left) expression += pieces[any(random)];
    const auto pattern = Pattern::Compile(expression);
    if (!pattern.ok()) continue;
    ++compiled;
    (void)pattern->Matches(expression);
    (void)pattern->Matches("a1 ");
  }
  CHECK(compiled > 100);
}

}  // namespace
}  // namespace amqp_sidecar::json
