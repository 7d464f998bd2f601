#include "suites/hostile_json.h"

#include <functional>

namespace amqp_sidecar::suites {
namespace {

constexpr const char* kDeep = "64 levels";
constexpr const char* kCostly = "too costly to check";

std::string Array(size_t count, const std::function<std::string(size_t)>& element) {
  std::string body = "[";
  for (size_t i = 0; i < count; ++i) body += (i == 0 ? "" : ",") + element(i);
  return body + "]";
}

// An object of {"k0":0,"k1":1,...}.
std::string Members(size_t count, const std::string& last = "") {
  std::string body = "{";
  for (size_t i = 0; i < count; ++i) {
    body += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":" + std::to_string(i);
  }
  return body + last + "}";
}

std::string Nested(size_t levels, const std::string& inner) {
  return Repeated(levels, "[") + inner + Repeated(levels, "]");
}

std::string Names(size_t count) {
  return Array(count, [](size_t i) { return "\"k" + std::to_string(i) + "\""; });
}

void AddDeep(std::vector<HostileCase>& cases) {
  cases.push_back({"100,000 arrays that open", "{}", Repeated(100'000, "["), kDeep});
  cases.push_back({"100,000 nested arrays", "{}", Nested(100'000, ""), kDeep});
  cases.push_back({"100,000 nested objects", "{}",
                   Repeated(100'000, "{\"a\":") + "1" + Repeated(100'000, "}"), kDeep});
  cases.push_back({"64 nested arrays, a thousand times", R"({"items":{"$ref":"#"}})",
                   Array(1000, [](size_t) { return Nested(63, ""); }), ""});
  // Each level has two ways to fail, and so each body 2^60.
  cases.push_back({"anyOf over deep nesting", R"({"anyOf":[{"type":"array","items":{"$ref":"#"}},
        {"type":"array","items":{"$ref":"#"},"minItems":1}]})",
                   Nested(60, "1"), kCostly});
  cases.push_back({"oneOf over deep nesting, all levels of which fit",
                   R"({"oneOf":[{"items":{"$ref":"#"}},{"items":{"$ref":"#"},"minItems":1}]})",
                   Nested(60, "1"), kCostly});
}

void AddStrings(std::vector<HostileCase>& cases) {
  const std::string a_megabyte(1 << 20, 'a');
  cases.push_back({"1 MiB against ^(a+)+$", R"({"pattern":"^(a+)+$"})", "\"" + a_megabyte + "!\"",
                   "does not match"});
  cases.push_back({"1 MiB against (a|aa)+b|(.*a){20}b", R"({"pattern":"(a|aa)+b|(.*a){20}b"})",
                   "\"" + a_megabyte + "\"", kCostly});
  cases.push_back({"1 MiB of escapes", R"({"maxLength":1000})",
                   "\"" + Repeated((1 << 20) / 6, "\\u0061") + "\"", "characters"});
  cases.push_back({"a name of 1 MiB", R"({"additionalProperties":false})",
                   "{\"" + a_megabyte + "\":1}", "no such field"});
  cases.push_back({"1 MiB of white space", R"({"type":"array"})", Repeated(1 << 20, " ") + "1",
                   "is not an array"});
  cases.push_back({"100,000 short strings against a pattern and a format",
                   R"({"items":{"pattern":"^[a-z]+@[a-z.]+$","maxLength":8}})",
                   Array(100'000, [](size_t) { return "\"a@b\""; }), ""});
}

void AddObjects(std::vector<HostileCase>& cases) {
  cases.push_back({"10,000 members", R"({"maxProperties":20000,"propertyNames":{"maxLength":9},
      "additionalProperties":{"type":"integer"},"unevaluatedProperties":false})",
                   Members(10'000), ""});
  cases.push_back({"10,000 members that must differ", "{}", Members(10'000), "", true});
  cases.push_back({"10,000 members, the last of which is there already", "{}",
                   Members(10'000, ",\"k0\":1"), "", false});
  cases.push_back({"10,000 members that must differ, and do not", "{}",
                   Members(10'000, ",\"k0\":1"), "k0", true});
  cases.push_back({"10,000 members against 8 patterns",
                   R"({"patternProperties":{"^a":true,"b$":true,"c.*c":true,"d+":true,"(e|f)x":true,
      "^[g-h]+$":true,"\\d{9}":true,"k1":{"type":"integer"}}})",
                   Members(10'000), ""});
  cases.push_back({"10,000 members, of which 1,000 are required",
                   "{\"required\":" + Names(1000) + "}", Members(10'000), ""});
  cases.push_back({"10,000 members in three schemas, and none left over",
                   R"({"allOf":[{"patternProperties":{"^k[0-4]":true}},
      {"anyOf":[{"patternProperties":{"^k[5-9]":true}},{"patternProperties":{"^k9":true}}]}],
      "unevaluatedProperties":false})",
                   Members(10'000), ""});
}

void AddArrays(std::vector<HostileCase>& cases) {
  const auto number = [](size_t i) { return std::to_string(i); };
  const auto object = [](size_t i) {
    return R"({"a":[)" + std::to_string(i) + R"(],"b":{"c":1.50,"d":"x"}})";
  };
  cases.push_back(
      {"10,000 numbers that must differ", R"({"uniqueItems":true})", Array(10'000, number), ""});
  cases.push_back(
      {"100,000 numbers that must differ", R"({"uniqueItems":true})", Array(100'000, number), ""});
  cases.push_back(
      {"10,000 objects that must differ", R"({"uniqueItems":true})", Array(10'000, object), ""});
  cases.push_back({"100,000 numbers that are none of 100",
                   "{\"items\":{\"enum\":" +
                       Array(100, [](size_t i) { return "-" + std::to_string(i + 1) + ".5"; }) +
                       "}}",
                   Array(100'000, number), "/0: "});
  cases.push_back({"100,000 numbers, one of which is in there",
                   R"({"contains":{"const":99999},"maxContains":1})", Array(100'000, number), ""});
  cases.push_back({"100,000 numbers, each by four schemas", R"({"items":{"allOf":[{"type":"number"},
      {"minimum":0},{"oneOf":[{"maximum":99999},{"multipleOf":0.3}]}]}})",
                   Array(100'000, number), "*"});
}

void AddNumbers(std::vector<HostileCase>& cases) {
  const std::string nines(1000, '9');
  cases.push_back({"1,000 digits against a minimum", R"({"minimum":1e999})", nines, ""});
  cases.push_back({"1,000 digits of a fraction against a maximum", R"({"maximum":0.9})",
                   "0." + nines, "is above 0.9"});
  cases.push_back(
      {"1,000 digits, a multiple of 3", R"({"multipleOf":3,"type":"integer"})", nines, ""});
  cases.push_back(
      {"1,000 digits, not a multiple of 0.07", R"({"multipleOf":0.07})", nines, "multiple of"});
  cases.push_back({"1,000 digits, one of two", "{\"enum\":[1," + nines + "]}", nines, ""});
  cases.push_back({"a thousand numbers of 1,000 digits, multiples of 7",
                   R"({"items":{"multipleOf":7}})",
                   Array(1000, [](size_t) { return "7" + std::string(999, '0'); }), ""});
  cases.push_back({"an exponent of a billion, an integer", R"({"type":"integer","multipleOf":10})",
                   "1e999999999", "*"});
  cases.push_back({"an exponent of minus a billion", R"({"type":"integer"})", "1e-999999999",
                   "is not an integer"});
  cases.push_back({"an exponent of a thousand digits", R"({"minimum":1})", "1e" + nines, "*"});
  cases.push_back(
      {"a thousand numbers with large exponents that must differ", R"({"uniqueItems":true})",
       Array(1000,
             [](size_t i) {
               return "1" + std::string(i % 7, '0') + "e" + std::to_string(999'999'000 + i);
             }),
       "*"});
}

void AddText(std::vector<HostileCase>& cases) {
  const std::string any = R"({"pattern":"^.*$","maxLength":9,"const":"x"})";
  cases.push_back({"the first half of a pair of surrogates", any, R"("\ud800")", "*"});
  cases.push_back({"the second half", any, R"("\udc00x")", "*"});
  cases.push_back({"a surrogate as it is", any, "\"\xED\xA0\x80\"", "UTF-8"});
  cases.push_back({"a NUL in two bytes", any, "\"\xC0\x80\"", "UTF-8"});
  cases.push_back({"a slash in three", any, "\"\xE0\x80\xAF\"", "UTF-8"});
  cases.push_back({"a character beyond the last", any, "\"\xF4\x90\x80\x80\"", "UTF-8"});
  cases.push_back({"a character that is cut", any, "\"\xF0\x9F\x98\"", "UTF-8"});
}

}  // namespace

std::string Repeated(size_t times, const std::string& text) {
  std::string all;
  all.reserve(times * text.size());
  for (size_t i = 0; i < times; ++i) all += text;
  return all;
}

std::vector<HostileCase> HostileCases() {
  std::vector<HostileCase> cases;
  AddDeep(cases);
  AddStrings(cases);
  AddObjects(cases);
  AddArrays(cases);
  AddNumbers(cases);
  AddText(cases);
  return cases;
}

}  // namespace amqp_sidecar::suites
