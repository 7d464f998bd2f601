// What a check may cost: it ends, and soon, whatever the schema and the document are.
#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "base/strings.h"
#include "schemas.h"

namespace amqp_sidecar::json {
namespace {

std::string Repeated(int times, std::string_view text) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

// Also under a sanitizer, on a machine that is busy.
constexpr auto kSoon = std::chrono::seconds(20);

Lines ProblemsSoon(const Schema& schema, std::string_view text, size_t most = 10) {
  const auto begin = std::chrono::steady_clock::now();
  Lines lines = Problems(schema, text, most);
  CHECK(std::chrono::steady_clock::now() - begin < kSoon);
  return lines;
}

void CheckTooCostly(std::string_view schema, std::string_view text) {
  const Schema compiled = Compiled(schema);
  for (const size_t most : {1, 10}) {
    const Lines lines = ProblemsSoon(compiled, text, most);
    CAPTURE(schema.substr(0, 200), text.substr(0, 200));
    REQUIRE_FALSE(lines.empty());
    bool told = false;
    for (const std::string& line : lines)
      told = told || line.find("too costly") != std::string::npos;
    CHECK(told);
  }
}

void CheckTaken(std::string_view schema, std::string_view text) {
  CHECK(ProblemsSoon(Compiled(schema), text) == Lines{});
}

std::string Nested(int depth) { return Repeated(depth, "{\"a\":") + "1" + Repeated(depth, "}"); }

// Of about `bytes` bytes.
std::string Orders(size_t bytes) {
  std::string text = "[";
  for (int i = 0; text.size() < bytes; ++i) {
    if (i > 0) text += ",";
    const std::string id = std::to_string(i);
    text += "{\"id\":\"o-" + id + "\",\"customer\":{\"id\":" + id + ",\"email\":\"c" + id +
            "@example.com\"},\"total\":" + id +
            ".25,\"currency\":\"EUR\",\"items\":[{\"sku\":\"ABC-" + id +
            "\",\"quantity\":1,\"tags\":[\"a\",\"b\",\"c\"]},{\"sku\":\"XYZ-1\",\"quantity\":2}],"
            "\"payment\":{\"kind\":\"iban\",\"iban\":\"DE02120300000000202051\"}}";
  }
  return text + "]";
}

constexpr std::string_view kOrders = R"({
  "type": "array", "uniqueItems": true,
  "items": {"$ref": "#/$defs/order"},
  "$defs": {
    "order": {
      "type": "object", "required": ["id", "customer", "total", "items", "payment"],
      "properties": {
        "id": {"type": "string", "pattern": "^o-\\d+$"},
        "customer": {"type": "object", "required": ["id"],
          "properties": {"id": {"type": "integer"}, "email": {"type": "string", "format": "email",
                                                              "maxLength": 200}}},
        "total": {"type": "number", "minimum": 0, "multipleOf": 0.01},
        "currency": {"enum": ["EUR", "USD", "GBP", "CHF"]},
        "items": {"type": "array", "minItems": 1, "contains": {"required": ["sku"]},
          "items": {"properties": {"sku": {"pattern": "^[A-Z]{3}-\\d+$"}, "quantity": {"type": "integer"},
                                   "tags": {"uniqueItems": true}},
                    "unevaluatedProperties": false}},
        "payment": {"oneOf": [{"$ref": "#/$defs/card"}, {"$ref": "#/$defs/iban"}]}
      },
      "unevaluatedProperties": false
    },
    "card": {"properties": {"kind": {"const": "card"}, "number": {"type": "string"}},
             "required": ["kind", "number"], "additionalProperties": false},
    "iban": {"properties": {"kind": {"const": "iban"}, "iban": {"type": "string"}},
             "required": ["kind", "iban"], "additionalProperties": false}
  }
})";

TEST_CASE("a choice within a choice at every level is too costly") {
  const std::string_view two = R"({"anyOf":[{"type":"object","properties":{"a":{"$ref":"#"}}},
                                            {"type":"object","additionalProperties":{"$ref":"#"}}]})";
  CheckTooCostly(two, Nested(60));
  CheckTooCostly(R"({"oneOf":[{"properties":{"a":{"$ref":"#"}}},{"properties":{"a":{"$ref":"#"}}},
                              {"type":"string"}]})",
                 Nested(60));
  CheckTooCostly(
      R"({"allOf":[{"properties":{"a":{"$ref":"#"}}},{"properties":{"a":{"$ref":"#"}}}]})",
      Nested(60));
  CheckTooCostly(
      R"({"if":{"properties":{"a":{"$ref":"#"}}},"then":{"properties":{"a":{"$ref":"#"}}}})",
      Nested(60));
  CheckTooCostly(R"({"properties":{"a":{"$ref":"#"}},"patternProperties":{"a":{"$ref":"#"}}})",
                 Nested(60));
  CheckTaken(R"({"anyOf":[{"properties":{"a":{"$ref":"#"}}},{"type":"string"}]})", Nested(60));
}

TEST_CASE("definitions that double twenty times and more are too costly") {
  std::string definitions;
  for (int i = 0; i < 60; ++i) {
    const std::string next = "{\"$ref\":\"#/$defs/d" + std::to_string(i + 1) + "\"}";
    definitions += "\"d" + std::to_string(i) + "\":{\"allOf\":[" + next + "," + next + "]},";
  }
  CheckTooCostly("{\"$ref\":\"#/$defs/d0\",\"$defs\":{" + definitions + "\"d60\":true}}", "1");
}

TEST_CASE("a dynamic reference that goes round in place is too costly, and no crash") {
  const std::string_view schema = R"({"$id":"http://x/a","$dynamicAnchor":"n","$ref":"b",
      "$defs":{"b":{"$id":"b","$dynamicAnchor":"n","anyOf":[{"type":"null"},{"$dynamicRef":"#n"}]}}})";
  SchemaFolder folder("/nonexistent");
  const auto compiled = folder.Compile("test.json", schema, {});
  if (!compiled.ok()) {
    CHECK(compiled.status().message().substr(0, 9) == "test.json");
    return;
  }
  CheckTooCostly(schema, "1");
  CheckTooCostly(schema, Orders(1 << 20));
}

TEST_CASE(
    "a dynamic reference that only the document's way leads round is too costly, and no crash") {
  // By itself the reference is to x, which takes all.
  const std::string_view schema = R"({"$id":"http://x/a","$dynamicAnchor":"n","$ref":"b",
      "$defs":{"b":{"$id":"b","$dynamicRef":"#n","$defs":{"x":{"$dynamicAnchor":"n"}}}}})";
  CheckTooCostly(schema, "1");
  CheckTooCostly(schema, Orders(1 << 20));
}

TEST_CASE("references one behind another are followed up to some hundreds") {
  const auto chain = [](int length) {
    std::string definitions;
    for (int i = 0; i < length; ++i) {
      definitions +=
          "\"d" + std::to_string(i) + "\":{\"$ref\":\"#/$defs/d" + std::to_string(i + 1) + "\"},";
    }
    return "{\"$ref\":\"#/$defs/d0\",\"$defs\":{" + definitions + "\"d" + std::to_string(length) +
           "\":{\"type\":\"integer\"}}}";
  };
  CheckTaken(chain(900), "1");
  CHECK(Problems(chain(900), "\"x\"") == Lines{"the body: \"x\" is not an integer"});
  CheckTooCostly(chain(1'100), "1");
}

TEST_CASE("a mebibyte of orders is no trouble, and a fault in it is told") {
  const Schema schema = Compiled(kOrders);
  for (const size_t bytes : {size_t{300}, size_t{10'000}, size_t{1} << 20}) {
    const std::string orders = Orders(bytes);
    CHECK(ProblemsSoon(schema, orders) == Lines{});
    std::string wrong = orders;
    wrong.replace(wrong.rfind("\"EUR\""), 5, "\"Eur\"");
    const Lines lines = ProblemsSoon(schema, wrong);
    REQUIRE(lines.size() == 1);
    CHECK_THAT(lines[0], ContainsSubstring("/currency: \"Eur\" is none of"));
  }
  // Each is wrong, ten are told.
  const std::string empty = "[" + Repeated(100'000, "{},") + "{}]";
  CHECK(ProblemsSoon(Compiled(R"({"items":{"required":["id"]}})"), empty).size() == 10);
}

TEST_CASE("large arrays and objects are checked, not refused") {
  std::string numbers = "[", members = "{";
  for (int i = 0; i < 10'000; ++i) {
    numbers += std::to_string(i * 7) + ",";
    members += "\"member" + std::to_string(i) + "\":" + std::to_string(i) + ",";
  }
  CheckTaken(R"({"uniqueItems":true})", numbers + "-1]");
  CheckTaken(R"({"contains":{"const":-1},"items":{"type":"integer"},"unevaluatedItems":false})",
             numbers + "-1]");
  CheckTaken(
      R"({"additionalProperties":{"type":"integer"},"propertyNames":{"pattern":"^member\\d+$"}})",
      members + "\"member1\":1}");
  CheckTaken(R"({"patternProperties":{"^m":{"type":"integer"}},"unevaluatedProperties":false})",
             members + "\"m\":1}");
  CheckTaken(R"({"type":"array"})", Repeated(60, "[") + Repeated(60, "]"));
}

TEST_CASE("elements that are hard to tell apart end, too") {
  // All the same but for the last word of each.
  std::string alike = "[";
  for (int i = 0; i < 3'000; ++i) {
    alike += "{\"a\":[" + Repeated(50, "{\"b\":1},") + std::to_string(i) + "]},";
  }
  const Lines lines = ProblemsSoon(Compiled(R"({"uniqueItems":true})"), alike + "0]");
  for (const std::string& line : lines) CHECK_THAT(line, ContainsSubstring("too costly"));
  // Objects with their members in another order each.
  std::string turned = "[";
  for (int i = 0; i < 200; ++i) {
    turned += "{";
    for (int j = 0; j < 200; ++j) {
      turned += "\"m" + std::to_string((i + j) % 200) +
                "\":" + (j == 100 ? std::to_string(i) : "0") + ",";
    }
    turned += "\"z\":0},";
  }
  (void)ProblemsSoon(Compiled(R"({"uniqueItems":true})"), turned + "0]");
}

TEST_CASE("a long list of integers is one look") {
  std::string codes, elements;
  for (int i = 1'000; i < 2'000; ++i) codes += std::to_string(i) + ",";
  for (int i = 0; i < 1'000; ++i) elements += "{\"code\":" + std::to_string(1'999 - i % 50) + "},";
  const Schema schema =
      Compiled("{\"items\":{\"properties\":{\"code\":{\"enum\":[" + codes + "0.5]}}}}");
  CHECK(ProblemsSoon(schema, "[" + elements + "{\"code\":1.5e3},{\"code\":5e-1}]") == Lines{});
  CHECK(ProblemsSoon(schema, "[" + elements + "{\"code\":2000}]").size() == 1);
  CHECK(ProblemsSoon(schema, "[" + elements + "{\"code\":\"1000\"}]").size() == 1);
}

TEST_CASE("to look for the name that is meant costs little") {
  std::string properties, names;
  const std::string letters(50, 'n');
  for (int i = 0; i < 1'000; ++i) properties += "\"" + letters + std::to_string(i) + "\":true,";
  for (int i = 0; i < 10; ++i) names += "\"x" + letters + "y" + std::to_string(i) + "\":1,";
  const std::string object =
      "{\"properties\":{" + properties + "\"x\":true},\"additionalProperties\":false}";
  const Schema schema =
      Compiled("{\"items\":{\"anyOf\":[" + object + "," + object + "," + object + "]}}");
  const auto begin = std::chrono::steady_clock::now();
  CHECK(Problems(schema, "[" + Repeated(20, "{" + names + "\"x\":1},") + "{}]").size() == 10);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(2));
}

TEST_CASE("hostile patterns, names and numbers end") {
  const std::string body = "\"" + std::string(1u << 20, 'a') + "!\"";
  CHECK(ProblemsSoon(Compiled(R"json({"pattern":"^(a+)+$"})json"), body).size() == 1);
  CHECK_FALSE(ProblemsSoon(Compiled(R"({"pattern":"^[a-z]{1000}$"})"), body).empty());
  CHECK_FALSE(
      ProblemsSoon(Compiled(R"({"anyOf":[{"pattern":"x{500}"},{"pattern":"y{500}"}]})"), body)
          .empty());
  const std::string digits(1u << 20, '9');
  CHECK(ProblemsSoon(Compiled(R"({"multipleOf":7})"), digits).size() == 1);
  CHECK(ProblemsSoon(Compiled(R"({"multipleOf":9})"), digits).empty());
  CHECK(ProblemsSoon(Compiled(R"({"maximum":9})"), digits).size() == 1);
  CHECK(ProblemsSoon(Compiled(R"({"multipleOf":1e-300})"), "1e99999999999").empty());
  CHECK_FALSE(ProblemsSoon(Compiled(R"({"multipleOf":7})"), "1e99999999999").empty());
  std::string items = "[";
  for (int i = 0; i < 100'000; ++i) items += "1e999999999,";
  (void)ProblemsSoon(Compiled(R"({"items":{"multipleOf":7}})"), items + "0]");
  (void)ProblemsSoon(Compiled(R"({"uniqueItems":true})"), items + "0]");
  std::string names = "{";
  for (int i = 0; i < 20'000; ++i) names += "\"itmes" + std::to_string(i) + "\":1,";
  std::string properties;
  for (int i = 0; i < 1'000; ++i) properties += "\"items_" + std::to_string(i) + "\":true,";
  CHECK(ProblemsSoon(Compiled("{\"properties\":{" + properties +
                              "\"x\":true},\"additionalProperties\":false}"),
                     names + "\"x\":1}")
            .size() == 10);
}

TEST_CASE("a schema says the same of the same document, again and again") {
  const Schema schema = Compiled(kOrders);
  const Schema copy = schema;
  const std::string good = Orders(2'000);
  const std::string bad = "[{}]";
  for (int i = 0; i < 50; ++i) {
    CHECK(Problems(schema, good).empty());
    CHECK(Problems(copy, bad).size() == 5);
    CHECK(Problems(schema, "{}").size() == 1);
  }
}

TEST_CASE("one schema serves many threads at once") {
  const Schema schema = Compiled(kOrders);
  const std::string good = Orders(2'000);
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      Document document;
      for (int j = 0; j < 50; ++j) {
        if (!document.Parse(good) && schema.Check(document, 10).empty()) ++right;
        if (!document.Parse("[{}]") && schema.Check(document, 10).size() == 5) ++right;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(right == 400);
}

TEST_CASE("a wide or a long value below alternatives is paid for each time") {
  const std::string expression =
      R"({"$defs":{"e":{"oneOf":[)"
      R"({"type":"object","required":["op"],"properties":{"args":{"items":{"$ref":"#/$defs/e"}},"op":{"const":"and"}}},)"
      R"({"type":"object","required":["op"],"properties":{"args":{"items":{"$ref":"#/$defs/e"}},"op":{"const":"or"}}},)"
      R"({"type":"number"}]}},"$ref":"#/$defs/e"})";
  std::string wide = "{";
  for (int i = 0; i < 20'000; ++i) wide += base::Concat("\"k", i, "\":0,");
  wide += "\"op\":1}";
  const int levels = 40;
  CheckTooCostly(expression,
                 Repeated(30, R"({"args":[)") + wide + Repeated(30, R"(],"op":"and"})"));
  const std::string lists =
      R"({"anyOf":[{"type":"array","items":{"$ref":"#"}},)"
      R"({"type":"array","minItems":1,"items":{"$ref":"#"}},{"type":"integer"}]})";
  CheckTooCostly(lists,
                 Repeated(levels, "[") + std::string(200'000, '1') + ".5" + Repeated(levels, "]"));
}

TEST_CASE("patterns of every day are not too costly for many texts") {
  const auto texts = [](int count, const std::string& text) {
    return "[" + Repeated(count - 1, "\"" + text + "\",") + "\"" + text + "\"]";
  };
  const auto items = [](const std::string& pattern) {
    return R"({"items":{"pattern":")" + pattern + "\"}}";
  };
  const std::string address = "somebody@mail.example.com";
  CheckTaken(items("^[^@]{1,64}@[^@]{1,255}$"), texts(3000, address));
  CheckTaken(items("^[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,255}$"), texts(3000, address));
  CheckTaken(items("^.{2,50} .{2,50}$"), texts(3000, "Somebody Somewhere"));
  CheckTaken(items("^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\\\\.[a-z0-9]{1,63})*$"),
             texts(3000, "mail.example.com"));
}

TEST_CASE("a pattern that is made to be slow is given up, and said to be why") {
  std::string text;
  for (int i = 0; i < 1'000'000; ++i) text += (i % 7) * (i % 7) % 7 < 3 ? 'a' : 'c';
  for (const char* pattern : {"^x|a.{200}b", "(.{0,1000})x$"}) {
    CAPTURE(pattern);
    const Lines lines =
        ProblemsSoon(Compiled(base::Concat(R"({"properties":{"t":{"pattern":")", pattern, "\"}}}")),
                     "{\"t\":\"" + text + "\"}");
    CHECK(lines ==
          Lines{"/t: too costly to check: too much text for its pattern, which repeats much"});
  }
}

}  // namespace
}  // namespace amqp_sidecar::json
