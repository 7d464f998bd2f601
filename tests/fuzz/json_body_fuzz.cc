// Fuzz target: a body that claims to be JSON, against schemas that use every keyword. simdjson's
// own parser takes the same bodies, but for what only we take (numbers of any size) and what only
// it takes (more levels).
#include <simdjson.h>

#include <array>
#include <stdexcept>

#include "fuzz/fuzz_target.h"
#include "fuzz/json_check.h"

namespace amqp_sidecar::fuzz {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

constexpr std::array<const char*, 6> kSchemas = {
    R"({"type":"object","required":["id","items"],"dependentRequired":{"a":["b"]},
        "properties":{"id":{"type":["integer","string"],"minimum":-3,"exclusiveMaximum":1e30},
          "items":{"type":"array","minItems":1,"maxItems":5,"uniqueItems":true,
            "items":{"properties":{"sku":{"pattern":"^[A-Z]{3}-\\d+$"},"n":{"multipleOf":0.01}}}},
          "at":{"format":"date-time"},"d":{"format":"date"},"t":{"format":"time"},
          "m":{"format":"email"},"u":{"format":"uuid"},"l":{"format":"uri"},
          "v4":{"format":"ipv4"},"v6":{"format":"ipv6"}},
        "patternProperties":{"^x-":{"maxLength":3,"minLength":1}},
        "propertyNames":{"maxLength":8},"minProperties":1,"maxProperties":9,
        "additionalProperties":false})",
    R"({"$dynamicAnchor":"n","$defs":{"l":{"$dynamicRef":"#n"}},
        "anyOf":[{"type":["null","boolean","number","string"]},
          {"type":"array","items":{"$ref":"#/$defs/l"}},
          {"type":"object","additionalProperties":{"$dynamicRef":"#n"}}],
        "unevaluatedProperties":false,"unevaluatedItems":false})",
    R"({"oneOf":[{"maximum":10},{"exclusiveMinimum":9},{"multipleOf":7}],
        "not":{"enum":[null,1,1.0,"1",[1],{"a":[1]},1e400,-0]},
        "if":{"type":"string"},"then":{"pattern":"\\p{L}","minLength":2},"else":{"const":12}})",
    R"({"prefixItems":[true,{"type":"number"}],"items":{"contains":{"const":"c"},"minContains":1,
        "maxContains":2},"contains":{"type":"array"},"uniqueItems":true,
        "allOf":[{"prefixItems":[{"type":"string"}]},{"unevaluatedItems":{"type":"array"}}],
        "dependentSchemas":{"a":{"required":["b"]}},"unevaluatedProperties":{"type":"null"}})",
    R"({"$schema":"http://json-schema.org/draft-07/schema#","definitions":{"a":{"$ref":"#"}},
        "items":[{"type":"integer"},{"$ref":"#/definitions/a"}],"additionalItems":{"maximum":3},
        "dependencies":{"a":["b"],"b":{"required":["c"]}},"contains":{"type":"integer"}})",
    R"({"anyOf":[{"items":{"$ref":"#"}},{"additionalProperties":{"$ref":"#"}},{"$ref":"#/anyOf/0"}],
        "oneOf":[{"uniqueItems":true},{"type":"string"}]})",
};

std::vector<json::Schema> Compiled() {
  json::Schema::Options options;
  options.assert_format = true;
  std::vector<json::Schema> schemas;
  for (const char* text : kSchemas) {
    auto schema = json::SchemaFolder("/dev/null").Compile("fuzz.json", text, options);
    Require(schema.ok(), "a schema is refused", schema.status().ToString());
    schemas.push_back(*std::move(schema));
  }
  return schemas;
}

void CompareWithSimdjson(std::string_view body, const std::optional<std::string>& wrong) {
  static simdjson::dom::parser parser;
  simdjson::dom::element ignored;
  const auto error = parser.parse(body.data(), body.size()).get(ignored);
  if (wrong && error == simdjson::SUCCESS) {
    Require(body.starts_with(kByteOrderMark) || wrong->find("levels") != std::string::npos,
            "refused, and simdjson takes it:", *wrong);
  }
  if (!wrong && error != simdjson::SUCCESS) {
    // Newer versions have an error of their own for what is beyond 64 bits.
    const std::string_view why = simdjson::error_message(error);
    Require(error == simdjson::NUMBER_ERROR || why.starts_with("Big integer"),
            "taken, and simdjson refuses it:", why);
  }
}

void Run(std::string_view body) {
  static const std::vector<json::Schema> kCompiled = Compiled();
  static json::Document document;
  static json::Document strict;
  const auto wrong = document.Parse(body);
  CompareWithSimdjson(body, wrong);
  json::Document::Options options;
  options.unique_keys = true;
  const auto strictly_wrong = strict.Parse(body, options);
  if (wrong) {
    Require(strictly_wrong.has_value(), "taken only where keys must be unique");
    Require(simdjson::validate_utf8(wrong->data(), wrong->size()), "a complaint is not UTF-8");
    Require(wrong->size() < 8192, "an endless complaint");
    return;
  }
  RequireSoundDocument(document);
  for (const json::Schema& schema : kCompiled) RequireSoundCheck(schema, document);
}

}  // namespace

std::vector<std::string> Seeds() {
  return {
      R"({"id":1,"items":[{"sku":"ABC-1","n":1.25},{"sku":"x"}],"x-a":"12"})",
      R"({"id":"a","items":[],"at":"2024-02-29T23:59:60Z","d":"2024-02-29","t":"08:30:06.5+01:00"})",
      R"({"m":"a@b.c","u":"2eb8aa08-aa98-11ea-b4aa-73b441d16380","l":"http://[::1]/?a#b",)"
      R"("v4":"1.2.3.4","v6":"1::8"})",
      R"([1,1.0,"1",[1],{"a":[1],"b":null},true,false,1e400,-0,123456789012345678901234567890])",
      R"([["c"],["c","c"],[[],[[]]],{"a":{"a":1,"a":2},"b":{},"c":{}}])",
      R"({"\u0061\n":"\ud83d\ude00\\\"\/\b\f\r\t","\u00e9":"\u0000"})",
      "\"\\ud83d\"",
      " [ 1 , -2.5E+3 , \"\xC3\xA9\" ] \n",
      "12",
      "\"\xF0\x9F\x98\x80\"",
      std::string(64, '[') + std::string(64, ']'),
      "\xEF\xBB\xBF{}",
  };
}

}  // namespace amqp_sidecar::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  amqp_sidecar::fuzz::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
