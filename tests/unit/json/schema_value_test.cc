// Keywords that look at one value, and at what is directly in it.
#include <string>

#include "schemas.h"

namespace amqp_sidecar::json {
namespace {

std::string Numbers(int count, const std::string& last) {
  std::string text = "[";
  for (int i = 1; i < count; ++i) text += std::to_string(i) + ",";
  return text + last + "]";
}

TEST_CASE("a number is an integer by its value, in every type list") {
  CheckCase({R"({"type":"integer"})",
             {"1", "1.0", "-0.0", "1e400", "1.5e1", "100e-2", "123456789012345678901234567890"},
             {"1.5", "1e-400", "\"1\"", "true", "null", "[]", "{}"}});
  CheckCase({R"({"type":"number"})", {"1", "1.5", "1e400"}, {"\"1\"", "false"}});
  CheckCase({R"({"type":["integer","string"]})", {"1.0", "\"\""}, {"1.5", "null"}});
  CheckCase({R"({"type":["integer","number"]})", {"1", "1.5"}, {"[]"}});
  CheckCase({R"({"type":"boolean"})", {"true", "false"}, {"0", "1", "\"true\"", "null"}});
  CheckCase({R"({"type":"null"})", {"null"}, {"0", "\"\"", "false", "[]", "{}"}});
}

TEST_CASE("a schema of true takes all, and one of false nothing") {
  CheckCase({"true", {"1", "null", "{}"}, {}});
  CheckCase({"{}", {"1", "null", "{}"}, {}});
  CheckCase({"false", {}, {"1", "null", "{}"}});
  CheckCase({R"({"properties":{"a":false,"b":true}})", {"{}", R"({"b":1})", "[]"}, {R"({"a":1})"}});
  CheckCase({R"({"not":false})", {"1"}, {}});
}

TEST_CASE("bounds are exact") {
  CheckCase({R"({"minimum":1.1,"maximum":3.0})",
             {"1.1", "1.10", "3", "3.0", "2", "\"0\""},
             {"1.0999999999999999999999", "3.00000000000000000000001", "-3", "1e400", "-1e-400"}});
  CheckCase({R"({"exclusiveMinimum":0,"exclusiveMaximum":9007199254740993})",
             {"1e-400", "9007199254740992", "9007199254740992.9"},
             {"0", "-0.0", "9007199254740993", "9007199254740993.0", "9007199254740994"}});
  CheckCase(
      {R"({"maximum":1000000000000000000000000})", {"1e24", "12345678901234567890"}, {"1e25"}});
  CheckCase({R"({"maximum":300})", {"300", "300.00"}, {"300.5", "301"}});
  CheckCase({R"({"minimum":-2})", {"-2", "-1", "-0.0001", "-2.0"}, {"-2.0001", "-3"}});
  CheckCase(
      {R"({"multipleOf":0.01})", {"19.99", "0", "4.35", "1e308", "-0.01"}, {"0.005", "19.991"}});
  CheckCase({R"({"type":"integer","multipleOf":0.123456789})", {"123456789"}, {"1e308"}});
}

TEST_CASE("the length of a string is in characters") {
  CheckCase({R"({"minLength":2,"maxLength":3})",
             {"\"ab\"", "\"\xC3\xA9\xC3\xA9\xC3\xA9\"", R"("\ud83d\ude00\ud83d\ude00")",
              R"("\u0000\n")", "1", "[]"},
             {"\"a\"", "\"abcd\"", R"("\ud83d\ude00")", "\"\""}});
  CheckCase({R"({"maxLength":2.0})", {"\"ab\""}, {"\"abc\""}});
  CheckCase({R"({"minLength":1e1})", {"\"0123456789\""}, {"\"012345678\""}});
  CheckCase({R"({"maxLength":1e30,"minLength":0})", {"\"ab\"", "\"\""}, {}});
  CheckCase({R"({"minLength":1e30})", {"1"}, {"\"ab\""}});
  // They are 0 and 2 in 32 bits.
  CheckCase({R"({"maxLength":4294967296})", {"\"ab\""}, {}});
  CheckCase({R"({"minLength":4294967298})", {}, {"\"ab\""}});
}

TEST_CASE("numbers, strings and containers are equal by what they mean, in const and enum") {
  CheckCase(
      {R"({"const":1})", {"1", "1.0", "10e-1"}, {"true", "\"1\"", "[1]", "1.0000000000000001"}});
  CheckCase({R"({"const":0})", {"0", "-0", "0.0", "0e9"}, {"false", "null", "\"\"", "1e-400"}});
  CheckCase({R"({"const":false})", {"false"}, {"0", "[]", "[false]"}});
  CheckCase({R"({"const":null})", {"null"}, {"0", "\"\"", "\"null\""}});
  CheckCase({R"({"const":"\u0061/"})", {"\"a/\"", R"("a\/")"}, {"\"a\"", "\"A/\""}});
  CheckCase({R"({"const":{"a":1,"b":[2,{"c":null}]}})",
             {R"({"b":[2.0,{"c":null}],"a":1.0})", R"({"\u0061":1,"b":[2,{"c":null}]})"},
             {R"({"a":1})", R"({"a":1,"b":[{"c":null},2]})", R"({"a":1,"b":[2,{"c":null}],"d":1})",
              R"({"a":1,"b":[2,{"d":null}]})", "[]", "{}", R"({"a":1,"c":[2,{"c":null}]})"}});
  CheckCase({R"({"const":[]})", {"[]"}, {"{}", "[[]]", "null"}});
  CheckCase({R"({"const":{"a":false}})", {R"({"a":false})"}, {R"({"a":0})", R"({"a":null})"}});
  CheckCase({R"({"const":9007199254740993})",
             {"9007199254740993", "9007199254740993.0"},
             {"9007199254740992"}});
  CheckCase({R"({"enum":[1,"a",null,[1],{"x":2}]})",
             {"1.0", "\"a\"", "null", "[1]", R"({"x":2.0})"},
             {"2", "\"b\"", "false", "[]", "[1,1]", "{}", R"({"x":1})"}});
}

TEST_CASE("a long enum finds its values") {
  std::string text = "{\"enum\":[{\"a\":1},1.50,null";
  for (int i = 0; i < 1'000; ++i)
    text += ",\"value" + std::to_string(i) + "\"," + std::to_string(i);
  CheckCase({text + "]}",
             {"\"value0\"", "\"value999\"", "999", "500.0", "5e2", "1.5", "null", R"({"a":1e0})"},
             {"\"value1000\"", "1000", "-1", "1.51", "true", R"({"a":2})", "\"value\"", "\"\""}});
}

TEST_CASE("elements of arrays are counted") {
  CheckCase({R"({"minItems":1,"maxItems":2})", {"[1]", "[1,[]]", "{}", "\"\""}, {"[]", "[1,2,3]"}});
  CheckCase({R"({"minProperties":1,"maxProperties":2})",
             {R"({"a":1})", R"({"a":1,"b":{}})", "[]"},
             {"{}", R"({"a":1,"b":2,"c":3})"}});
}

TEST_CASE("elements are unique by what they mean") {
  CheckCase(
      {R"({"uniqueItems":true})",
       {"[]", "[1]", "[1,2]", "[1,\"1\",true,null,[1],{\"1\":1}]", "[0,false]", "[[1,2],[2,1]]",
        R"([{"a":1},{"a":2},{"b":1}])", "[[],{},\"\",0,null,false]", "{}", "[[0],[false]]",
        "[1.0,1.1,10]"},
       {"[1,1]", "[1,1.0]", "[0,-0.0]", "[1,2,3,2e0]", "[[1],[1.0]]", "[{},{}]", "[null,null]",
        R"([{"a":1,"b":2},{"b":2,"a":1}])", R"(["a","\u0061"])",
        R"([{"a":[1,{"b":0}]},{"a":[1.0,{"b":-0}]}])", "[\"\",1,\"\"]", "[true,false,true]"}});
  CheckCase({R"({"uniqueItems":false})", {"[1,1]"}, {}});
}

TEST_CASE("elements are unique in arrays of any length") {
  const Schema schema = Compiled(R"({"uniqueItems":true})");
  for (const int count : {2, 7, 8, 9, 10, 15, 16, 17, 31, 32, 33, 64, 65, 100, 1'000, 10'000}) {
    CAPTURE(count);
    CHECK(Problems(schema, Numbers(count, "0")).empty());
    CHECK(Problems(schema, Numbers(count, "[1]")).empty());
    CHECK(Problems(schema, Numbers(count, "1.5")).empty());
    CHECK(Problems(schema, Numbers(count, "\"1\"")).empty());
    CHECK(Problems(schema, Numbers(count, "true")).empty());
    CHECK(Problems(schema, Numbers(count + 1, "1.0")).size() == 1);
    CHECK(Problems(schema, Numbers(count + 1, std::to_string(count) + "0e-1")).size() == 1);
    std::string objects = "[";
    for (int i = 0; i < count; ++i) {
      objects += "{\"id\":" + std::to_string(i) + ",\"name\":[\"x\"]},";
    }
    CHECK(Problems(schema, objects + "0]").empty());
    CHECK(Problems(schema, objects + "{\"name\":[\"x\"],\"id\":1.0}]").size() == 1);
    CHECK(Problems(schema, objects + "{\"name\":[\"y\"],\"id\":1.0}]").empty());
  }
}

TEST_CASE("what elements must contain is counted") {
  CheckCase({R"({"contains":{"minimum":5}})", {"[5]", "[1,6,7]", "{}"}, {"[]", "[4]", "[1,2]"}});
  CheckCase({R"({"contains":{"const":1},"minContains":2,"maxContains":3})",
             {"[1,1]", "[1,0,1,1.0]"},
             {"[]", "[1]", "[1,1,1,1]", "[0,0,0]"}});
  CheckCase({R"({"contains":{"const":1},"minContains":0})", {"[]", "[2]", "[1,1]"}, {}});
  CheckCase(
      {R"({"contains":{"const":1},"minContains":0,"maxContains":1})", {"[]", "[1]"}, {"[1,1]"}});
  CheckCase({R"({"contains":{"const":1},"maxContains":1})", {"[1,2]"}, {"[]", "[1,1]"}});
  CheckCase({R"({"contains":true})", {"[1]"}, {"[]"}});
  CheckCase({R"({"contains":false})", {"{}"}, {"[]", "[1]"}});
  CheckCase({R"({"minContains":2,"maxContains":2})", {"[]", "[1]", "[1,1,1]"}, {}});
  CheckCase(
      {R"({"contains":true,"minContains":3,"maxContains":1})", {"{}"}, {"[]", "[1]", "[1,1,1]"}});
}

TEST_CASE("tuples and the rest of an array have schemas of their own") {
  CheckCase({R"({"prefixItems":[{"type":"integer"},{"type":"string"}],"items":{"type":"null"}})",
             {"[]", "[1]", "[1,\"a\"]", "[1,\"a\",null,null]"},
             {"[\"a\"]", "[1,2]", "[1,\"a\",1]"}});
  CheckCase({R"({"prefixItems":[true],"items":false})", {"[]", "[1]"}, {"[1,2]"}});
}

TEST_CASE("objects that have a name twice are not the same as others") {
  CHECK(Problems(R"({"uniqueItems":true})", R"([{"x":1,"x":1},{"x":1,"y":2}])") == Lines{});
  CHECK(Problems(R"({"const":{"x":1,"y":2}})", R"({"x":1,"x":1})").size() == 1);
}

}  // namespace
}  // namespace amqp_sidecar::json
