// What a person is told of a document that is not valid.
#include "json/schema.h"

#include <string>

#include "schemas.h"

namespace amqp_sidecar::json {
namespace {

constexpr std::string_view kOrder = R"({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "required": ["id", "customer", "total"],
  "properties": {
    "id": {"type": "string", "minLength": 1},
    "customer": {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}},
    "total": {"type": "integer", "minimum": 0},
    "items": {"type": "array", "items": {
      "properties": {"sku": {"type": "string", "pattern": "^[A-Z]{3}-\\d+$"}}}}
  },
  "additionalProperties": false
})";

std::string Repeated(int times, std::string_view text) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

// Code points.
size_t Characters(std::string_view text) {
  size_t characters = 0;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) ++characters;
  }
  return characters;
}

TEST_CASE("a member that is missing, has another type or another form is told as such") {
  CHECK(Problems(kOrder, R"({"id":"1","customer":{},"total":1})") ==
        Lines{"/customer/id: required, missing"});
  CHECK(Problems(kOrder, R"({"id":"1","customer":{"id":1},"total":12.5})") ==
        Lines{"/total: 12.5 is not an integer"});
  CHECK(Problems(kOrder, R"({"id":"1","customer":{"id":1},"total":1,"items":
                             [{"sku":"ABC-1"},{},{"sku":"ABC-22"},{"sku":"abc-1"}]})") ==
        Lines{R"(/items/3/sku: does not match ^[A-Z]{3}-\d+$)"});
  CHECK(Problems(kOrder, R"({"id":"1","customer":{"id":1},"total":1})").empty());
}

TEST_CASE("the first fault is told, or up to as many as are asked for") {
  const std::string_view text = R"({"id":"","customer":{},"total":-1,"items":[{"sku":"a"}]})";
  CHECK(Problems(kOrder, text, 1).size() == 1);
  CHECK(Problems(kOrder, text, 2).size() == 2);
  CHECK(Problems(kOrder, text, 3).size() == 3);
  CHECK(Problems(kOrder, text, 10).size() == 4);
  CHECK(Problems(kOrder, text, 1)[0] == Problems(kOrder, text, 10)[0]);
  CHECK(Problems(kOrder, "{}", 10) == Lines{"/id: required, missing",
                                            "/customer: required, missing",
                                            "/total: required, missing"});
  const std::string many = "[" + Repeated(100, "\"x\",") + "0]";
  CHECK(Problems(R"({"items":{"type":"integer"}})", many, 1) ==
        Lines{"/0: \"x\" is not an integer"});
  CHECK(Problems(R"({"items":{"type":"integer"}})", many, 10).size() == 10);
}

TEST_CASE("a fault of the whole text is told without a place before it") {
  const Lines lines = Problems(kOrder, "[]");
  REQUIRE(lines.size() == 1);
  CHECK_THAT(lines[0], ContainsSubstring("an array is not an object"));
  CHECK(lines[0].find('/') == std::string::npos);
}

TEST_CASE("a misspelt name is told with the one that is meant") {
  const Lines lines = Problems(kOrder, R"({"id":"1","customer":{"id":1},"total":1,"itmes":[]})");
  REQUIRE(lines.size() == 1);
  CHECK_THAT(lines[0], ContainsSubstring("/itmes: "));
  CHECK_THAT(lines[0], ContainsSubstring("is items meant?"));
  const Lines other = Problems(kOrder, R"({"id":"1","customer":{"id":1},"total":1,"zzz":[]})");
  REQUIRE(other.size() == 1);
  CHECK_THAT(other[0], ContainsSubstring("/zzz: "));
  CHECK_THAT(other[0], !ContainsSubstring("meant?"));
}

TEST_CASE("a misspelt name of a key field is told as well as the field that is missing") {
  const Lines lines = Problems(kOrder, R"({"id":"1","custmer":{"id":1},"total":1})");
  REQUIRE(lines.size() == 2);
  CHECK(std::find(lines.begin(), lines.end(), "/customer: required, missing") != lines.end());
  CHECK_THAT(lines[0] + lines[1], ContainsSubstring("is customer meant?"));
}

TEST_CASE("a place is a JSON Pointer, with its escapes") {
  CHECK(Problems(R"({"properties":{"a/b":{"properties":{"~":{"items":{"type":"null"}}}}}})",
                 R"({"a/b":{"~":[null,1]}})") == Lines{"/a~1b/~0/1: 1 is not null"});
  CHECK(Problems(R"({"required":["a/b~c"]})", "{}") == Lines{"/a~1b~0c: required, missing"});
  CHECK(Problems(R"({"properties":{"":{"required":[""]}}})", R"({"":{}})") ==
        Lines{"//: required, missing"});
}

TEST_CASE("what is told of a document is nothing of the one before it") {
  Document document;
  REQUIRE_FALSE(document.Parse(R"({"a":5,"b":true})").has_value());
  // Where the names were, and the number.
  REQUIRE_FALSE(document.Parse("[[],[],{},false]").has_value());
  CHECK(Compiled(R"({"items":{"minItems":1,"not":{"const":false}}})").Check(document, 10) ==
        Lines{"/0: has 0 elements, fewer than 1", "/1: has 0 elements, fewer than 1",
              "/3: is what `not` forbids"});
  CHECK(Compiled(R"({"items":{"enum":[5,1]}})").Check(document, 10).size() == 4);
  CHECK(Compiled(R"({"items":{"const":5}})").Check(document, 10).size() == 4);
  REQUIRE_FALSE(document.Parse(R"({"a":1,"b":2})").has_value());
  REQUIRE_FALSE(document.Parse("[1,2,3,4]").has_value());
  CHECK(Compiled(R"({"items":{"maximum":0}})").Check(document, 1) == Lines{"/0: 1 is above 0"});
}

TEST_CASE("one value is told not to be another, and a container not to be the schema's") {
  CHECK(Problems(R"({"const":"x"})", "\"y\"") == Lines{R"(the body: "y" is not "x")"});
  CHECK(Problems(R"({"const":null})", "0") == Lines{"the body: 0 is not null"});
  CHECK(Problems(R"({"enum":["a",1.50,null]})", "[]") ==
        Lines{R"(the body: an array is none of "a", 1.50, null)"});
  CHECK(Problems(R"({"const":{"a":1}})", R"({"a":2})") ==
        Lines{"the body: an object is not the object of the schema"});
  CHECK(Problems(R"({"enum":[[1],2]})", "[2]") ==
        Lines{"the body: an array is none of the array of the schema, 2"});
}

TEST_CASE("bounds, lengths and counts are told with what there is") {
  CHECK(Problems(R"({"minimum":3})", "1") == Lines{"the body: 1 is below 3"});
  CHECK(Problems(R"({"exclusiveMaximum":3})", "3.0") == Lines{"the body: 3.0 is not below 3"});
  CHECK(Problems(R"({"multipleOf":0.01})", "19.991") ==
        Lines{"the body: 19.991 is not a multiple of 0.01"});
  CHECK(Problems(R"({"maxLength":3})", R"("\u00e9234")") ==
        Lines{"the body: has 4 characters, more than 3"});
  CHECK(Problems(R"({"uniqueItems":true})", "[3,1,2,1.0]") == Lines{"/3: the same as /1"});
  CHECK(Problems(R"({"propertyNames":{"maxLength":2}})", R"({"abc":1})") ==
        Lines{"/abc: its name has 3 characters, more than 2"});
  CHECK(Problems(R"({"dependentRequired":{"a":["b"]}})", R"({"a":1})") ==
        Lines{"/b: required where there is a, missing"});
  CHECK(Problems(R"({"oneOf":[{"type":"integer"},{"type":"null"},{"type":"number"}]})", "1") ==
        Lines{"the body: fits more than one schema of oneOf: numbers 1 and 3"});
  CHECK(Problems(R"({"prefixItems":[true],"items":false})", "[1,2]") == Lines{"/1: not allowed"});
}

TEST_CASE("no more than 64 characters of a value are told") {
  const std::string_view schemas[] = {R"({"type":"boolean"})",
                                      R"({"type":["object","array"]})",
                                      R"({"const":1})",
                                      R"({"enum":["a","b"]})",
                                      R"({"maxLength":3})",
                                      R"({"minLength":99999})",
                                      R"({"pattern":"^Q$"})",
                                      R"({"not":{}})",
                                      "false",
                                      R"({"anyOf":[{"type":"null"},{"const":7}]})",
                                      R"({"oneOf":[{"type":"null"},{"const":7}]})",
                                      R"({"oneOf":[{},true]})",
                                      R"({"maximum":3,"maxLength":3})",
                                      R"({"multipleOf":1e2000,"maxLength":1})",
                                      R"({"exclusiveMaximum":3,"maxLength":3})",
                                      R"({"allOf":[{"$ref":"#/$defs/a"}],"$defs":{"a":false}})",
                                      R"({"if":{},"then":false})",
                                      R"({"if":false,"else":{"const":null}})"};
  const std::string texts[] = {Repeated(1'000, "9"), "\"" + Repeated(1'000, "x") + "\"",
                               "\"" + Repeated(1'000, "\xC3\xA9") + "\"",
                               "\"" + Repeated(1'000, "\xF0\x9F\x98\x80") + "\"",
                               "\"x" + Repeated(1'000, "\xE2\x82\xAC") + "\""};
  size_t told = 0;
  for (const std::string_view schema : schemas) {
    for (const std::string& text : texts) {
      CAPTURE(schema, text.substr(0, 10));
      const Lines lines = Problems(schema, text);
      for (const std::string& line : lines) {
        ++told;
        CHECK(Characters(line) < 300);
        for (const std::string_view piece :
             {"9", "x", "\xC3\xA9", "\xF0\x9F\x98\x80", "\xE2\x82\xAC"}) {
          CHECK(line.find(Repeated(65, piece)) == std::string::npos);
        }
        // It is UTF-8, so no character was cut in two.
        Document document;
        std::string quoted = "\"";
        for (const char c : line) quoted += c == '"' || c == '\\' ? ' ' : c;
        CHECK_FALSE(document.Parse(quoted + "\"").has_value());
      }
    }
  }
  CHECK(told > 60);
}

TEST_CASE("no more than 64 characters of a name are told") {
  const std::string name(1'000, 'n');
  for (const std::string_view schema :
       {R"({"additionalProperties":false})", R"({"propertyNames":{"maxLength":3}})",
        R"({"unevaluatedProperties":false})", R"({"additionalProperties":{"type":"null"}})",
        R"({"propertyNames":false})", R"({"patternProperties":{"n":false}})",
        R"({"propertyNames":{"enum":["a"]}})", R"({"maxProperties":0})"}) {
    const Lines lines = Problems(schema, "{\"" + name + "\":1}");
    CAPTURE(schema);
    REQUIRE_FALSE(lines.empty());
    for (const std::string& line : lines) {
      CHECK(line.find(std::string(65, 'n')) == std::string::npos);
      CHECK(line.size() < 250);
    }
  }
}

TEST_CASE("what a schema has at length is cut, too") {
  const std::string text(1'000, 's');
  for (const std::string& schema : {"{\"const\":\"" + text + "\"}", "{\"enum\":[\"" + text + "\"]}",
                                    "{\"maximum\":-" + Repeated(1'000, "9") + "}"}) {
    const Lines lines = Problems(schema, schema[2] == 'm' ? "1" : "\"a\"");
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].size() < 300);
  }
  CHECK(Problems("{\"required\":[\"" + text + "\"]}", "{}")[0].size() < 300);
  std::string values = "0";
  for (int i = 1; i < 10'000; ++i) values += "," + std::to_string(i);
  CHECK(Problems("{\"enum\":[" + values + "]}", "-1")[0].size() < 1'000);
}

TEST_CASE("the line for a control character is still one line") {
  for (const std::string& line : Problems(R"({"type":"integer"})", R"("a\nb\u0000c\u001b[2Jd")")) {
    CAPTURE(line);
    CHECK(line.find_first_of(std::string("\n\r\0\x1B", 4)) == std::string::npos);
  }
  const Lines lines = Problems(R"({"additionalProperties":false})", R"({"a\nb":1})");
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].find('\n') == std::string::npos);
}

}  // namespace
}  // namespace amqp_sidecar::json
