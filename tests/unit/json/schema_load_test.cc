// Schemas that are refused when they are loaded, each with file and place.
#include <string>

#include "schemas.h"

namespace amqp_sidecar::json {
namespace {

constexpr Schema::Options k07 = {.assert_format = false, .draft = Draft::k07};

std::string Repeated(int times, std::string_view text) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

void CheckRefused(std::string_view schema, const std::string& place,
                  const Schema::Options& options = {}) {
  const std::string error = LoadError(schema, options);
  CAPTURE(schema.substr(0, 300), error);
  CHECK(error.substr(0, place.size() + 2) == place + ": ");
  CHECK(error.size() > place.size() + 5);
}

// `values`: JSON texts that `keyword` does not take.
void CheckValues(const std::string& keyword, const std::vector<std::string>& values,
                 const Schema::Options& options = {}) {
  for (const std::string& value : values) {
    CheckRefused("{\"" + keyword + "\":" + value + "}", "test.json#/" + keyword, options);
    CheckRefused("{\"properties\":{\"total\":{\"" + keyword + "\":" + value + "}}}",
                 "test.json#/properties/total/" + keyword, options);
  }
}

TEST_CASE("a bound that is no number is refused with its place") {
  CHECK(LoadError(R"({"properties":{"total":{"minimum":"0"}}})") ==
        "test.json#/properties/total/minimum: must be a number");
  for (const char* keyword :
       {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}) {
    CheckValues(keyword, {"\"1\"", "null", "true", "[]", "{}"});
  }
  CheckValues("multipleOf", {"0", "-1", "0.0", "-0.01", "1.234567890123456789"});
}

TEST_CASE("a count that is no whole number of zero or more is refused") {
  for (const char* keyword :
       {"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"}) {
    CheckValues(keyword, {"\"1\"", "null", "true", "[]", "{}", "-1", "1.5", "-1e400", "1e-1"});
  }
  CheckValues("minContains", {"\"1\"", "-1", "1.5", "null"});
  CheckValues("maxContains", {"\"1\"", "-1", "1.5", "null"});
}

TEST_CASE("what must be a schema is refused where it is none") {
  for (const char* keyword : {"items", "contains", "additionalProperties", "propertyNames", "not",
                              "if", "then", "else", "unevaluatedItems", "unevaluatedProperties"}) {
    CheckValues(keyword, {"1", "\"a\"", "null", "[]"});
  }
  CheckRefused("1", "test.json#");
  CheckRefused("null", "test.json#");
  CheckRefused("\"a\"", "test.json#");
  CheckRefused("[]", "test.json#");
  CheckRefused("[{}]", "test.json#");
}

TEST_CASE("what must be a list of schemas is refused where it is none") {
  for (const char* keyword : {"allOf", "anyOf", "oneOf", "prefixItems"}) {
    CheckValues(keyword, {"1", "\"a\"", "null", "{}", "true", "[]"});
    CheckRefused("{\"" + std::string(keyword) + "\":[{},1]}",
                 "test.json#/" + std::string(keyword) + "/1");
  }
}

TEST_CASE("what must be schemas by name is refused where it is none") {
  for (const char* keyword : {"properties", "patternProperties", "dependentSchemas", "$defs"}) {
    CheckValues(keyword, {"1", "\"a\"", "null", "[]", "true"});
    CheckRefused("{\"" + std::string(keyword) + "\":{\"a\":{},\"b/c\":[]}}",
                 "test.json#/" + std::string(keyword) + "/b~1c");
  }
}

TEST_CASE("lists of names are refused where they are none") {
  CheckValues("required", {"1", "\"a\"", "true", "{}", "null"});
  CheckRefused(R"({"required":["a",1]})", "test.json#/required/1");
  CheckValues("dependentRequired", {"1", "[]", "true"});
  CheckRefused(R"({"dependentRequired":{"a":"b"}})", "test.json#/dependentRequired/a");
  CheckRefused(R"({"dependentRequired":{"a":["b",null]}})", "test.json#/dependentRequired/a/1");
  CheckRefused(R"({"dependencies":{"a":1}})", "test.json#/dependencies/a", k07);
  CheckRefused(R"({"dependencies":{"a":["b",1]}})", "test.json#/dependencies/a/1", k07);
}

TEST_CASE("a type that is none is refused") {
  CheckValues("type", {"1", "{}", "null", "true", "\"int\"", "\"Object\"", "\"\"", "[]"});
  CheckRefused(R"({"type":["string","any"]})", "test.json#/type");
  CheckRefused(R"({"type":["string",1]})", "test.json#/type/1");
}

TEST_CASE("other keywords of the wrong type are refused") {
  CheckValues("enum", {"1", "\"a\"", "{}", "null"});
  CheckValues("uniqueItems", {"1", "\"true\"", "null"});
  CheckValues("pattern", {"1", "null", "[]"});
  CheckValues("$ref", {"1", "null", "{}", "[]", "true"});
  CheckValues("$dynamicRef", {"1", "null"});
  CheckValues("$anchor", {"1", "null"});
  CheckValues("$dynamicAnchor", {"1"});
  CheckValues("$id", {"1", "null"});
  CheckValues("format", {"1", "null"});
  CheckRefused(R"({"$schema":1})", "test.json#/$schema");
}

TEST_CASE("a wrong value is found wherever a schema may stand") {
  for (const char* place :
       {"/items", "/prefixItems/0", "/contains", "/properties/a", "/patternProperties/a",
        "/additionalProperties", "/propertyNames", "/dependentSchemas/a", "/allOf/1", "/anyOf/0",
        "/oneOf/0", "/not", "/if", "/then", "/else", "/unevaluatedItems", "/unevaluatedProperties",
        "/$defs/a"}) {
    std::string schema = R"({"minimum":"0"})";
    const std::string path(place);
    const size_t slash = path.find('/', 1);
    const std::string keyword = path.substr(1, slash == std::string::npos ? slash : slash - 1);
    const std::string last = slash == std::string::npos ? "" : path.substr(slash + 1);
    if (last == "a") schema = "{\"a\":" + schema + "}";
    if (last == "0") schema = "[" + schema + "]";
    if (last == "1") schema = "[true," + schema + "]";
    CheckRefused("{\"" + keyword + "\":" + schema + "}", "test.json#" + path + "/minimum");
  }
  CheckRefused(R"({"items":[{"minimum":"0"}]})", "test.json#/items/0/minimum", k07);
  CheckRefused(R"({"items":[{}],"additionalItems":{"minimum":"0"}})",
               "test.json#/additionalItems/minimum", k07);
  CheckRefused(R"({"dependencies":{"a":{"minimum":"0"}}})", "test.json#/dependencies/a/minimum",
               k07);
  CheckRefused(R"({"definitions":{"a":{"minimum":"0"}}})", "test.json#/definitions/a/minimum", k07);
  CheckRefused(R"({"items":[{}]})", "test.json#/items");
}

TEST_CASE("a pattern that is none is refused with its place") {
  CheckRefused(R"({"properties":{"a":{"pattern":"(a"}}})", "test.json#/properties/a/pattern");
  CheckRefused(R"json({"pattern":"(?=a)"})json", "test.json#/pattern");
  CheckRefused(R"json({"pattern":"(a)\\1"})json", "test.json#/pattern");
  CheckRefused(R"({"patternProperties":{"[":{}}})", "test.json#/patternProperties/[");
}

TEST_CASE("a format that is not known is refused where formats are checked") {
  const Schema::Options strict = {.assert_format = true, .draft = Draft::k202012};
  CHECK(LoadError(R"({"format":"sku"})").empty());
  CHECK(LoadError(R"({"format":"uuid"})", strict).empty());
  CheckRefused(R"({"properties":{"a":{"format":"sku"}}})", "test.json#/properties/a/format",
               strict);
}

TEST_CASE("a draft that is not known is refused") {
  CHECK(LoadError(R"({"$schema":"https://json-schema.org/draft/2020-12/schema"})").empty());
  CHECK(LoadError(R"({"$schema":"http://json-schema.org/draft-07/schema#"})").empty());
  CHECK(LoadError(R"({"$schema":"http://json-schema.org/draft-07/schema"})").empty());
  for (const char* draft :
       {"http://json-schema.org/draft-04/schema#", "http://json-schema.org/draft-06/schema#",
        "https://json-schema.org/draft/2019-09/schema", "http://json-schema.org/schema#",
        "http://example.com/mine", ""}) {
    CheckRefused("{\"$schema\":\"" + std::string(draft) + "\"}", "test.json#/$schema");
  }
}

TEST_CASE("a reference to nothing is refused with its place") {
  for (const char* reference :
       {"#/$defs/b", "#nope", "#/$defs/a/0", "#/$defs/a/minimum/x", "other.json",
        "http://x.org/remote.json", "https://json-schema.org/draft/2020-12/nope", "#/$defs/a~2",
        "#/$defs/%zz", "urn:x:y", "//host/a.json", "file:///etc/passwd", "ftp://x/y"}) {
    CheckRefused("{\"$defs\":{\"a\":{\"minimum\":1}},\"items\":{\"$ref\":\"" +
                     std::string(reference) + "\"}}",
                 "test.json#/items/$ref");
  }
  CheckRefused(R"({"$dynamicRef":"#nope"})", "test.json#/$dynamicRef");
  CheckRefused(R"({"allOf":[true,{"$ref":"http://x.org/remote.json"}]})",
               "test.json#/allOf/1/$ref");
}

TEST_CASE("a schema that refers to itself in place is refused") {
  for (
      const std::string_view schema :
      {R"({"$ref":"#"})", R"({"allOf":[{"$ref":"#"}]})", R"({"anyOf":[true,{"not":{"$ref":"#"}}]})",
       R"({"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}})",
       R"({"if":{"$ref":"#"}})", R"({"if":true,"then":{"$ref":"#"}})",
       R"({"else":{"$ref":"#"},"if":true})", R"({"dependentSchemas":{"a":{"$ref":"#"}}})",
       R"({"oneOf":[{"$ref":"#"}]})",
       R"({"properties":{"a":{"$ref":"#/$defs/b"}},"$defs":{"b":{"allOf":[{"$ref":"#/$defs/b"}]}}})"}) {
    CAPTURE(schema);
    CHECK(LoadError(schema).substr(0, 10) == "test.json#");
  }
  CheckRefused(R"({"dependencies":{"a":{"$ref":"#"}}})", "test.json#", k07);
  for (const std::string_view tree :
       {R"({"items":{"$ref":"#"}})", R"({"properties":{"a":{"$ref":"#"}}})",
        R"({"contains":{"$ref":"#"}})", R"({"additionalProperties":{"allOf":[{"$ref":"#"}]}})",
        R"({"prefixItems":[{"$ref":"#"}]})", R"({"patternProperties":{"a":{"$ref":"#"}}})",
        R"({"unevaluatedProperties":{"$ref":"#"}})", R"({"unevaluatedItems":{"$ref":"#"}})",
        R"({"propertyNames":{"$ref":"#"}})",
        R"({"$defs":{"a":{"items":{"$ref":"#"}}},"$ref":"#/$defs/a"})"}) {
    CAPTURE(tree);
    CHECK(LoadError(tree).empty());
  }
}

TEST_CASE("what is no JSON, or has a member twice, is no schema") {
  for (const char* text : {"", " ", "{", "{}x", "{\"a\":}", "\xEF\xBB\xBF{}", "{\"a\":\"\xFF\"}"}) {
    CAPTURE(text);
    CHECK(LoadError(text).substr(0, 9) == "test.json");
  }
  for (const char* text :
       {R"({"type":"string","type":"object"})", R"({"type":"string","\u0074ype":"object"})",
        R"({"properties":{"a":{},"a":{}}})"}) {
    CAPTURE(text);
    CHECK(LoadError(text).substr(0, 9) == "test.json");
  }
}

TEST_CASE("a schema has at most 256 levels") {
  const auto nested = [](int levels) {
    return Repeated(levels - 1, "{\"not\":") + "{}" + Repeated(levels - 1, "}");
  };
  CHECK(LoadError(nested(255)).empty());
  CHECK(LoadError(nested(257)).substr(0, 9) == "test.json");
  CHECK_FALSE(LoadError(Repeated(100'000, "{\"not\":") + "{}" + Repeated(100'000, "}")).empty());
  CHECK_FALSE(LoadError(Repeated(100'000, "[")).empty());
}

TEST_CASE("a chain of 20,000 references is followed, or refused, without a crash") {
  std::string definitions;
  for (int i = 0; i < 20'000; ++i) {
    definitions +=
        "\"d" + std::to_string(i) + "\":{\"$ref\":\"#/$defs/d" + std::to_string(i + 1) + "\"},";
  }
  const std::string schema =
      "{\"$ref\":\"#/$defs/d0\",\"$defs\":{" + definitions + "\"d20000\":{\"type\":\"integer\"}}}";
  SchemaFolder folder("/nonexistent");
  const auto compiled = folder.Compile("test.json", schema, {});
  if (compiled.ok()) {
    const std::string problem = Problems(*compiled, "\"x\"").at(0);
    CAPTURE(problem);
    CHECK((problem.find("not an integer") != std::string::npos ||
           problem.find("too costly") != std::string::npos));
  }
}

TEST_CASE("a name in a message about a schema is cut") {
  const std::string name(1'000, 'n');
  CHECK(LoadError("{\"properties\":{\"" + name + "\":{\"minimum\":\"x\"}}}").size() < 200);
  CHECK(LoadError("{\"type\":\"" + name + "\"}").size() < 200);
  CHECK(LoadError("{\"$ref\":\"http://" + name + "\"}").size() < 300);
  CHECK(LoadError("{\"$schema\":\"http://" + name + "\"}").size() < 300);
  CHECK(LoadError("{\"pattern\":\"(" + name + "\"}").size() < 300);
  CHECK(LoadError("{\"format\":\"" + name + "\"}", {.assert_format = true, .draft = Draft::k202012})
            .size() < 300);
}

}  // namespace
}  // namespace amqp_sidecar::json
