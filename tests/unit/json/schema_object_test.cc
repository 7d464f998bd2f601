// Keywords that look at members, and those that put schemas together.
#include <string>

#include "schemas.h"

namespace amqp_sidecar::json {
namespace {

TEST_CASE("members have their schemas by name, by pattern, and by neither") {
  CheckCase({R"({"properties":{"a":{"type":"integer"},"x1":{"type":"integer"}},
                 "patternProperties":{"^x":{"minimum":5},"1$":{"maximum":9}},
                 "additionalProperties":{"type":"string"}})",
             {"{}", R"({"a":1})", R"({"x1":7,"x":"s","b1":3,"c":"s"})", "[1]", R"({"x":7.5})"},
             {R"({"a":"s"})", R"({"x1":7.5})", R"({"x1":4})", R"({"x1":10})", R"({"c":1})",
              R"({"a":1,"c":null})", R"({"\u0078":4})"}});
  CheckCase({R"({"additionalProperties":false})", {"{}", "[1]"}, {R"({"a":1})", R"({"":1})"}});
  CheckCase({R"({"properties":{"a/b":{"type":"null"},"":{"type":"null"}}})",
             {R"({"a\/b":null,"":null})"},
             {R"({"a/b":1})", R"({"":1})"}});
}

TEST_CASE("a member in an object twice is checked each time") {
  CheckCase({R"({"properties":{"a":{"type":"integer"}}})",
             {R"({"a":1,"a":2})"},
             {R"({"a":1,"a":"x"})", R"({"a":"x","a":1})"}});
}

TEST_CASE("objects of many members and schemas of many properties are checked in full") {
  std::string properties, members, wrong;
  for (int i = 0; i < 1'000; ++i) {
    const std::string name = (i > 0 ? ",\"name" : "\"name") + std::to_string(i) + "\":";
    properties += name + "{\"const\":" + std::to_string(i) + "}";
    members += name + std::to_string(i);
    wrong += name + std::to_string(i == 777 ? 0 : i);
  }
  const Schema schema =
      Compiled("{\"properties\":{" + properties + "},\"additionalProperties\":false}");
  CHECK(Problems(schema, "{" + members + "}").empty());
  CHECK(Problems(schema, "{" + wrong + "}") == Lines{"/name777: 0 is not 777"});
  CHECK(Problems(schema, "{" + members + ",\"name1000\":1}").size() == 1);
  CHECK(Problems(schema, R"({"name5":5})").empty());
}

TEST_CASE("what is required is there, whatever it is") {
  CheckCase({R"({"required":["a","b"]})",
             {R"({"a":null,"b":0,"c":1})", R"({"b":1,"\u0061":1})", "[]", "null"},
             {"{}", R"({"a":1})", R"({"A":1,"B":1})", R"({"c":{"a":1,"b":1}})"}});
  CheckCase({R"({"required":[]})", {"{}"}, {}});
}

TEST_CASE("names have a schema") {
  CheckCase({R"({"propertyNames":{"maxLength":2}})",
             {"{}", R"({"ab":1})", "[\"abc\"]"},
             {R"({"ab":1,"abc":1})"}});
  CheckCase({R"({"propertyNames":{"enum":["a","b"]}})", {R"({"a":"zzz"})"}, {R"({"c":"a"})"}});
  CheckCase({R"({"propertyNames":{"const":"a"}})", {R"({"\u0061":1})"}, {R"({"b":1})"}});
  CheckCase({R"({"propertyNames":{"type":"integer"}})", {"{}"}, {R"({"1":1})"}});
  CheckCase({R"({"propertyNames":{"anyOf":[{"pattern":"^x-"},{"not":{"minLength":2}}]}})",
             {R"({"x-1":1,"a":2})"},
             {R"({"ab":1})"}});
  CheckCase({R"({"propertyNames":false})", {"{}"}, {R"({"a":1})"}});
  CheckCase({R"({"propertyNames":{"$ref":"#/$defs/n"},"$defs":{"n":{"pattern":"^[a-z]+$"}}})",
             {R"({"ab":1})"},
             {R"({"aB":1})"}});
}

TEST_CASE("one member brings others, or a schema, with it") {
  CheckCase({R"({"dependentRequired":{"card":["name","code"],"x":[]}})",
             {"{}", R"({"name":1})", R"({"card":1,"name":2,"code":3})", R"({"x":1})", "[]"},
             {R"({"card":1})", R"({"card":1,"name":1})"}});
  CheckCase({R"({"dependentSchemas":{"a":{"properties":{"b":{"type":"integer"}},"required":["b"]},
                                     "f":false}})",
             {"{}", R"({"b":"x"})", R"({"a":1,"b":1})"},
             {R"({"a":1})", R"({"a":1,"b":"x"})", R"({"f":1})"}});
}

TEST_CASE("schemas are put together by allOf, anyOf, oneOf and not") {
  CheckCase({R"({"allOf":[{"minimum":1},{"maximum":3}]})", {"1", "3", "\"x\""}, {"0", "4"}});
  CheckCase({R"({"anyOf":[{"type":"string"},{"minimum":3}]})", {"\"a\"", "3", "null"}, {"2"}});
  CheckCase(
      {R"({"oneOf":[{"type":"integer"},{"minimum":3}]})", {"1", "3.5", "null"}, {"3", "2.5"}});
  CheckCase({R"({"oneOf":[true,true,false]})", {}, {"1"}});
  CheckCase({R"({"oneOf":[false,true,false]})", {"1"}, {}});
  CheckCase({R"({"not":{"required":["a"]}})", {"{}"}, {R"({"a":1})", "1", "[]"}});
  CheckCase({R"({"not":{"not":{"type":"integer"}}})", {"1"}, {"\"a\""}});
  CheckCase(
      {R"({"allOf":[{"anyOf":[{"const":1},{"const":2}]},{"anyOf":[{"const":2},{"const":3}]}]})",
       {"2"},
       {"1", "3"}});
}

TEST_CASE("if decides between then and else") {
  CheckCase({R"({"if":{"properties":{"kind":{"const":"card"}},"required":["kind"]},
                 "then":{"required":["number"]},"else":{"required":["iban"]}})",
             {R"({"kind":"card","number":1})", R"({"kind":"x","iban":1})", R"({"iban":1})"},
             {R"({"kind":"card","iban":1})", R"({"kind":"x","number":1})", "{}"}});
  CheckCase({R"({"if":{"const":1},"then":false})", {"2"}, {"1"}});
  CheckCase({R"({"if":{"const":1},"else":false})", {"1"}, {"2"}});
  CheckCase({R"({"then":false,"else":false})", {"1"}, {}});
  CheckCase({R"({"if":false})", {"1"}, {}});
}

TEST_CASE("what fails in a branch that does not count is no fault") {
  CHECK(Problems(R"({"anyOf":[{"required":["a"]},{"required":["b"]}]})", R"({"b":1})").empty());
  CHECK(Problems(R"({"anyOf":[{"const":1},{"const":2}]})", "3").size() == 1);
  CHECK(Problems(R"({"not":{"anyOf":[{"const":1},{"const":2}]}})", "3").empty());
  CHECK(Problems(R"({"if":{"const":1},"then":{"const":1}})", "3").empty());
  CHECK(Problems(R"({"contains":{"const":1}})", "[3,2,1]").empty());
}

TEST_CASE("the faults within a choice are told, and where they are") {
  const Lines lines = Problems(
      R"({"properties":{"pay":{"anyOf":[{"properties":{"card":{"type":"string"}},"required":["card"]},
                                        {"required":["iban"]}]}}})",
      R"({"pay":{"card":7}})");
  REQUIRE(lines.size() == 1);
  CHECK_THAT(lines[0], ContainsSubstring("/pay: "));
  CHECK_THAT(lines[0], ContainsSubstring("/pay/card: 7 is not a string"));
  CHECK_THAT(lines[0], ContainsSubstring("/pay/iban: required, missing"));
}

TEST_CASE("an annotation is no demand, and an unknown keyword none either") {
  CheckCase({R"({"title":"t","description":"d","default":1,"examples":[1],"deprecated":true,
                 "readOnly":true,"writeOnly":false,"$comment":"c","x-unknown":{"type":"null"},
                 "contentEncoding":"base64","contentMediaType":"application/json",
                 "contentSchema":false,"format":"date-time"})",
             {"1", "\"x\"", "{}"},
             {}});
}

TEST_CASE("format is checked where it is asked for") {
  CheckCase({R"({"format":"uuid"})", {"\"x\"", "1"}, {}});
  const Schema::Options strict = {.assert_format = true, .draft = Draft::k202012};
  CheckCase({R"({"format":"uuid"})",
             {"\"2eb8aa08-aa98-11ea-b4aa-73b441d16380\"", "1", "null"},
             {"\"x\"", "\"\""}},
            strict);
  CheckCase({R"({"properties":{"at":{"format":"date"}}})",
             {R"({"at":"2024-02-29"})"},
             {R"({"at":"2023-02-29"})"}},
            strict);
}

}  // namespace
}  // namespace amqp_sidecar::json
