// References, what is unevaluated behind them, and what draft-07 does otherwise.
#include <string>

#include "schemas.h"

namespace amqp_sidecar::json {
namespace {

constexpr Schema::Options k07 = {.assert_format = false, .draft = Draft::k07};

TEST_CASE("a reference goes by pointer, anchor or $id, and stands beside other keywords") {
  CheckCase(
      {R"({"$ref":"#/$defs/a","maximum":9,"$defs":{"a":{"minimum":3}}})", {"3", "9"}, {"2", "10"}});
  CheckCase({R"({"$ref":"#small","$defs":{"a":{"$anchor":"small","maximum":3}}})", {"3"}, {"4"}});
  CheckCase({R"({"$id":"http://x/root.json","$ref":"part.json",
                 "$defs":{"a":{"$id":"part.json","maximum":3}}})",
             {"3"},
             {"4"}});
  CheckCase({R"({"$id":"http://x/a/root.json","$ref":"/b/part.json#/$defs/n",
                 "$defs":{"a":{"$id":"http://x/b/part.json","$defs":{"n":{"$ref":"#/$defs/m"},
                                                                   "m":{"maximum":3}}}}})",
             {"3"},
             {"4"}});
  CheckCase(
      {R"({"$ref":"#/$defs/a~1b~0c%25d%22e","$defs":{"a/b~c%d\"e":{"maximum":3}}})", {"3"}, {"4"}});
  CheckCase({R"({"$ref":"#/properties/x/items/anyOf/1",
                 "properties":{"x":{"items":{"anyOf":[true,{"maximum":3}]}}}})",
             {"3"},
             {"4"}});
  CheckCase(
      {R"({"$id":"urn:example:a","$ref":"urn:example:a#/$defs/n","$defs":{"n":{"maximum":3}}})",
       {"3"},
       {"4"}});
  CheckCase(
      {R"({"properties":{"$ref":{"type":"string"}}})", {R"({"$ref":"a"})"}, {R"({"$ref":1})"}});
  CheckCase({R"({"const":{"$ref":"#/nope"}})", {R"({"$ref":"#/nope"})"}, {"{}"}});
  CheckCase(
      {R"({"enum":[{"$id":"x","$anchor":"1 2"}]})", {R"({"$anchor":"1 2","$id":"x"})"}, {"{}"}});
}

TEST_CASE("a tree refers to itself") {
  CheckCase({R"({"type":"object","required":["v"],"properties":{"v":{"type":"integer"},
                 "nodes":{"type":"array","items":{"$ref":"#"}}},"additionalProperties":false})",
             {R"({"v":1})", R"({"v":1,"nodes":[{"v":2,"nodes":[]},{"v":3}]})"},
             {R"({"v":1,"nodes":[{"v":2,"nodes":[{"w":3}]}]})", R"({"v":1,"nodes":[1]})"}});
}

TEST_CASE("a dynamic reference goes to the outermost that has its anchor") {
  CheckCase({R"({"$id":"http://x/strict","$dynamicAnchor":"node","$ref":"tree",
                 "unevaluatedProperties":false,
                 "$defs":{"t":{"$id":"tree","$dynamicAnchor":"node","type":"object",
                   "properties":{"data":true,"children":{"items":{"$dynamicRef":"#node"}}}}}})",
             {R"({"data":1,"children":[{"data":1}]})"},
             {R"({"children":[{"daat":1}]})", R"({"daat":1})"}});
  CheckCase({R"({"$dynamicRef":"#/$defs/a","$defs":{"a":{"maximum":3}}})", {"3"}, {"4"}});
  CheckCase({R"({"$dynamicRef":"#a","$defs":{"a":{"$anchor":"a","maximum":3}}})", {"3"}, {"4"}});
}

TEST_CASE("members are evaluated by what is beside them and within, however far") {
  const std::string body = R"(,"unevaluatedProperties":false,"$defs":{"a":{"properties":{"a":true}},
                                "ab":{"$ref":"#/$defs/a","properties":{"b":true}}}})";
  const auto check = [&](const std::string& head, std::vector<std::string> valid,
                         std::vector<std::string> invalid) {
    CheckCase({head + body, std::move(valid), std::move(invalid)});
  };
  check(R"({"properties":{"a":true})", {"{}", R"({"a":1})", "[1]"}, {R"({"b":1})"});
  check(R"({"patternProperties":{"^a":true})", {R"({"ab":1})"}, {R"({"b":1})"});
  check(R"({"additionalProperties":true)", {R"({"a":1,"b":1})"}, {});
  check(R"({"$ref":"#/$defs/ab")", {R"({"a":1,"b":1})"}, {R"({"a":1,"c":1})"});
  check(R"({"allOf":[{"$ref":"#/$defs/a"},{"properties":{"b":true}}])", {R"({"a":1,"b":1})"},
        {R"({"c":1})"});
  check(R"({"anyOf":[{"required":["b"],"properties":{"b":true}},{"properties":{"a":{"const":1}}}])",
        {R"({"a":1,"b":1})", R"({"a":1})", R"({"b":1})", "{}"}, {R"({"b":1,"a":2})", R"({"c":1})"});
  check(
      R"({"oneOf":[{"required":["b"],"properties":{"b":true}},{"required":["a"],"properties":{"a":true}}])",
      {R"({"a":1})", R"({"b":1})"}, {R"({"a":1,"b":1})", R"({"a":1,"c":1})"});
  check(R"({"not":{"not":{"properties":{"a":true}}})", {"{}"}, {R"({"a":1})"});
  check(R"({"if":{"required":["a"],"properties":{"a":true}},"then":{"properties":{"b":true}},
            "else":{"properties":{"c":true}})",
        {R"({"a":1,"b":1})", R"({"c":1})", R"({"a":1})"},
        {R"({"a":1,"c":1})", R"({"b":1})", R"({"c":1,"b":1})"});
  check(R"({"dependentSchemas":{"a":{"properties":{"a":true,"b":true}}})",
        {R"({"a":1,"b":1})", "{}"}, {R"({"b":1})", R"({"a":1,"c":1})"});
  check(R"({"propertyNames":{"maxLength":9})", {"{}"}, {R"({"a":1})"});
  check(R"({"allOf":[{"unevaluatedProperties":true}])", {R"({"a":1})"}, {});
  // What a neighbour's neighbour evaluates does not count for it.
  CheckCase({R"({"properties":{"a":true},"allOf":[{"unevaluatedProperties":false}]})",
             {"{}"},
             {R"({"a":1})"}});
  CheckCase(
      {R"({"properties":{"x":{"properties":{"a":true},"unevaluatedProperties":{"type":"null"}}},
                 "unevaluatedProperties":false})",
       {R"({"x":{"a":1,"b":null}})"},
       {R"({"x":{"a":1,"b":1}})", R"({"x":{},"a":1})"}});
}

TEST_CASE("elements are evaluated likewise") {
  CheckCase({R"({"prefixItems":[true,true],"unevaluatedItems":false})",
             {"[]", "[1,2]", "{\"a\":1}"},
             {"[1,2,3]"}});
  CheckCase({R"({"items":true,"unevaluatedItems":false})", {"[1,2]"}, {}});
  CheckCase({R"({"contains":{"const":1},"unevaluatedItems":false})", {"[1,1]"}, {"[1,2]", "[]"}});
  CheckCase({R"({"contains":{"const":1},"minContains":0,"unevaluatedItems":{"type":"string"}})",
             {"[1,\"a\"]", "[]"},
             {"[1,2]"}});
  CheckCase(
      {R"({"allOf":[{"prefixItems":[true]},{"prefixItems":[true,true]}],"unevaluatedItems":false})",
       {"[1,2]"},
       {"[1,2,3]"}});
  CheckCase({R"({"if":{"prefixItems":[{"const":1}]},"then":{"prefixItems":[true,true]},
                 "unevaluatedItems":false})",
             {"[]", "[1,2]"},
             {"[2]", "[1,2,3]"}});
  CheckCase(
      {R"({"anyOf":[{"prefixItems":[true,{"const":1}]},{"prefixItems":[true]}],"unevaluatedItems":false})",
       {"[5]", "[5,1]"},
       {"[5,2]"}});
  CheckCase(
      {R"({"$ref":"#/$defs/t","unevaluatedItems":false,"$defs":{"t":{"prefixItems":[true]}}})",
       {"[1]"},
       {"[1,2]"}});
}

TEST_CASE("in draft-07 nothing counts beside a $ref") {
  CheckCase({R"({"properties":{"a":{"$ref":"#/definitions/n","maximum":3}},
                 "definitions":{"n":{"type":"integer"}}})",
             {R"({"a":100})"},
             {R"({"a":"x"})"}},
            k07);
  CheckCase({R"({"$schema":"http://json-schema.org/draft-07/schema#",
                 "properties":{"a":{"$ref":"#/definitions/n","maximum":3}},
                 "definitions":{"n":{"type":"integer"}}})",
             {R"({"a":100})"},
             {R"({"a":"x"})"}});
  CheckCase({R"({"properties":{"a":{"$ref":"#/definitions/n","maximum":3}},
                 "definitions":{"n":{"type":"integer"}}})",
             {R"({"a":3})"},
             {R"({"a":100})"}});
}

TEST_CASE("in draft-07 an $id beside a $ref is no base of it") {
  const std::string_view schema = R"({"$id":"http://x/root.json",
      "properties":{"a":{"$id":"http://y/other.json","$ref":"item.json"}},
      "definitions":{"i":{"$id":"http://x/item.json","maximum":3}}})";
  CheckCase({std::string(schema), {R"({"a":3})"}, {R"({"a":4})"}}, k07);
  CHECK_FALSE(LoadError(schema).empty());
}

TEST_CASE("in draft-07 items may be a list, with additionalItems behind it") {
  CheckCase({R"({"items":[{"type":"integer"}],"additionalItems":{"type":"string"}})",
             {"[]", "[1]", "[1,\"a\"]"},
             {"[\"a\"]", "[1,2]"}},
            k07);
  CheckCase({R"({"items":[true],"additionalItems":false})", {"[1]"}, {"[1,2]"}}, k07);
  CheckCase({R"({"items":{"type":"integer"},"additionalItems":false})", {"[1,2]"}, {"[\"a\"]"}},
            k07);
  CheckCase({R"({"additionalItems":false})", {"[1,2]"}, {}}, k07);
}

TEST_CASE("in draft-07 there are dependencies, names in $id, and no newer keywords") {
  CheckCase({R"({"dependencies":{"a":["b"],"c":{"required":["d"]},"e":false}})",
             {"{}", R"({"a":1,"b":1})", R"({"c":1,"d":1})", "[]"},
             {R"({"a":1})", R"({"c":1})", R"({"e":1})"}},
            k07);
  CheckCase({R"({"$ref":"#small","definitions":{"x":{"$id":"#small","maximum":3}}})", {"3"}, {"4"}},
            k07);
  CheckCase({R"({"prefixItems":[false],"dependentRequired":{"a":["b"]},"unevaluatedItems":false,
                 "unevaluatedProperties":false,"minContains":5,"contains":true})",
             {"[1]", R"({"a":1})"},
             {"[]"}},
            k07);
  CheckCase({R"({"$schema":"https://json-schema.org/draft/2020-12/schema","prefixItems":[false]})",
             {"[]"},
             {"[1]"}},
            k07);
}

}  // namespace
}  // namespace amqp_sidecar::json
