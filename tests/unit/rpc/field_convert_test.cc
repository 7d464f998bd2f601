#include "rpc/field_convert.h"

#include <string>

#include "support/catch.h"

namespace amqp_sidecar::rpc {
namespace {

using broker::FieldArray;
using broker::FieldTable;
using broker::FieldValue;

FieldTable OneOfEach() {
  FieldTable inner;
  inner["deep"].value = int64_t{7};
  FieldTable table;
  table["array"].value = FieldArray{FieldValue{std::string("x")}, FieldValue{true}};
  table["bool"].value = false;
  table["bytes"].value = broker::Bytes{std::string("\0\xFF", 2)};
  table["double"].value = 2.5;
  table["int"].value = int64_t{-3};
  table["string"].value = std::string("caf\xC3\xA9");
  table["table"].value = inner;
  table["time"].value = broker::Timestamp{1'700'000'000};
  return table;
}

// `levels` arrays, one in the other, around a number.
v1::FieldValue Nested(int levels) {
  v1::FieldValue value;
  v1::FieldValue* at = &value;
  for (int i = 0; i < levels; ++i) at = at->mutable_array_value()->add_values();
  at->set_int_value(1);
  return value;
}

TEST_CASE("a field table of every kind goes out and comes back the same") {
  FieldMap map;
  PutFields(OneOfEach(), map);
  CHECK(map.size() == 8);
  CHECK(map.at("int").int_value() == -3);
  CHECK(map.at("time").timestamp_value().seconds() == 1'700'000'000);

  FieldTable back;
  CHECK_FALSE(TakeFields(map, back));
  CHECK(back == OneOfEach());
}

TEST_CASE("a string that is not UTF-8 reaches the client as bytes") {
  FieldTable table;
  table["latin1"].value = std::string("caf\xE9");
  FieldMap map;
  PutFields(table, map);
  CHECK(map.at("latin1").kind_case() == v1::FieldValue::kBytesValue);
  CHECK(map.at("latin1").bytes_value() == "caf\xE9");
}

TEST_CASE("a void reaches the client as a value with nothing set") {
  FieldTable table;
  table["void"];
  FieldMap map;
  PutFields(table, map);
  REQUIRE(map.contains("void"));
  CHECK(map.at("void").kind_case() == v1::FieldValue::KIND_NOT_SET);
}

TEST_CASE("a value with nothing set is refused by its place") {
  FieldMap map;
  map["list"].mutable_array_value()->add_values()->set_int_value(1);
  map["list"].mutable_array_value()->add_values();
  FieldTable out;
  CHECK(TakeFields(map, out) == "[\"list\"][1] has no value");
}

TEST_CASE("sixteen levels of nesting are taken and seventeen are refused") {
  FieldMap map;
  FieldTable out;
  map["deep"] = Nested(15);
  CHECK_FALSE(TakeFields(map, out));
  map["deep"] = Nested(16);
  const auto problem = TakeFields(map, out);
  REQUIRE(problem);
  CHECK_THAT(*problem, ContainsSubstring("deeper than 16 levels"));
}

TEST_CASE("a field name over 255 bytes is refused") {
  FieldMap map;
  FieldTable out;
  map[std::string(255, 'n')].set_bool_value(true);
  CHECK_FALSE(TakeFields(map, out));
  map[std::string(256, 'n')].set_bool_value(true);
  const auto problem = TakeFields(map, out);
  REQUIRE(problem);
  CHECK_THAT(*problem, ContainsSubstring("256 bytes"));
}

TEST_CASE("a time before 1970 is refused") {
  FieldMap map;
  FieldTable out;
  map["t"].mutable_timestamp_value()->set_seconds(-1);
  CHECK(TakeFields(map, out) == "[\"t\"] is a time before 1970");
}

}  // namespace
}  // namespace amqp_sidecar::rpc
