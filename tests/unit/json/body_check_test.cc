#include "json/body_check.h"

#include "support/catch.h"

namespace amqp_sidecar::json {
namespace {

using Paths = std::vector<std::string>;

std::vector<FieldPath> Parsed(const Paths& paths) {
  std::vector<FieldPath> parsed;
  for (const std::string& path : paths) parsed.push_back(FieldPath::Parse(path).value());
  return parsed;
}

BodyCheck Requiring(const Paths& fields, const Paths& non_zero = {}) {
  BodyCheck check;
  check.require_fields = Parsed(fields);
  check.require_non_zero = Parsed(non_zero);
  return check;
}

std::string Fault(const BodyCheck& check, std::string_view body) {
  return check.Check(body).value_or("");
}

TEST_CASE("a body must not be empty, and must be well-formed JSON") {
  const BodyCheck check;
  CHECK(Fault(check, "") == "the body is empty");
  CHECK_THAT(Fault(check, "{"), ContainsSubstring("the body is not well-formed JSON: "));
  CHECK_THAT(Fault(check, "{} {}"), ContainsSubstring("the body is not well-formed JSON: "));
  CHECK(Fault(check, "{}").empty());
  CHECK(Fault(check, "null").empty());
}

TEST_CASE("a required field that is missing is told with its pointer") {
  const BodyCheck check = Requiring({"order_id", "customer.id"});
  CHECK(Fault(check, R"({"order_id":1,"customer":{"id":"c"}})").empty());
  CHECK(Fault(check, "{}") == "/order_id: required, missing");
  CHECK(Fault(check, "null") == "/order_id: required, missing");
  CHECK(Fault(check, R"({"order_id":1})") == "/customer/id: required, missing");
  CHECK(Fault(check, R"({"order_id":1,"customer":{"Id":"c"}})") ==
        "/customer/id: required, missing");
  CHECK(Fault(check, R"({"order_id":1,"customer":5})") == "/customer/id: required, missing");
}

TEST_CASE("null counts as missing, and what only looks empty does not") {
  const BodyCheck check = Requiring({"a"});
  CHECK(Fault(check, R"({"a":null})") == "/a: null, which counts as missing");
  for (const char* value : {"0", "\"\"", "[]", "{}", "false", "-0.0"}) {
    INFO(value);
    CHECK(Fault(check, std::string("{\"a\":") + value + "}").empty());
  }
}

TEST_CASE("a field that must not be zero is required, and is none of the zeros") {
  const BodyCheck check = Requiring({}, {"a"});
  CHECK(Fault(check, "{}") == "/a: required, missing");
  CHECK(Fault(check, R"({"a":null})") == "/a: null, which counts as missing");
  for (const char* zero : {"0", "-0", "0.0", "-0.000", "0e9", "0E+0", "0.0e-17"}) {
    INFO(zero);
    CHECK(Fault(check, std::string("{\"a\":") + zero + "}") == "/a: 0, which counts as not set");
  }
  CHECK(Fault(check, R"({"a":""})") == "/a: \"\", which counts as not set");
  CHECK(Fault(check, R"({"a":[ ]})") == "/a: [], which counts as not set");
  CHECK(Fault(check, R"({"a":{ }})") == "/a: {}, which counts as not set");
  for (const char* value : {"false", "true", "1", "-1", "0.01", "1e-400", "\" \"", "\"0\"", "[0]",
                            "[null]", "{\"b\":0}", "10", "100e0"}) {
    INFO(value);
    CHECK(Fault(check, std::string("{\"a\":") + value + "}").empty());
  }
}

TEST_CASE("of fields with the same name the last counts, unless keys must be unique") {
  BodyCheck check = Requiring({}, {"id"});
  CHECK(Fault(check, R"({"id":0,"id":5})").empty());
  CHECK(Fault(check, R"({"id":5,"id":0})") == "/id: 0, which counts as not set");
  check.unique_keys = true;
  CHECK_THAT(Fault(check, R"({"id":5,"id":6})"), ContainsSubstring("not well-formed JSON: "));
  CHECK(Fault(check, R"({"id":5})").empty());
}

TEST_CASE("one fault is told, or up to ten") {
  Paths many;
  for (int i = 0; i < 12; ++i) many.push_back("f" + std::to_string(i));
  BodyCheck check = Requiring(many, {"f0"});
  CHECK(Fault(check, "{}") == "/f0: required, missing");
  check.all_errors = true;
  const std::string all = Fault(check, "{}");
  CHECK_THAT(all, ContainsSubstring("/f0: required, missing; /f1: required, missing; "));
  CHECK_THAT(all, ContainsSubstring("/f9: required, missing"));
  CHECK(all.find("/f10:") == std::string::npos);
  // What two parts of the rule find is told once.
  CHECK(Fault(check, R"({"f1":1,"f2":1,"f3":1,"f4":1,"f5":1,"f6":1,"f7":1,"f8":1,"f9":1,"f10":1,
                         "f11":1})") == "/f0: required, missing");
}

TEST_CASE("what is told is never longer than a header or a status takes") {
  Paths long_ones;
  for (int i = 0; i < 10; ++i) {
    std::string path;
    for (int j = 0; j < 10; ++j)
      path += std::string(j == 0 ? "" : ".") + "n\xc3\xa4" + std::string(40, 'x');
    long_ones.push_back(path + std::to_string(i));
  }
  BodyCheck check = Requiring(long_ones);
  check.all_errors = true;
  const std::string fault = Fault(check, "{}");
  CHECK(fault.size() <= kMostReasonBytes);
  CHECK_THAT(fault, ContainsSubstring("..."));
}

TEST_CASE("a schema is asked after the fields, and its faults are told with theirs") {
  BodyCheck check = Requiring({"order_id"});
  SchemaFolder folder("/nowhere");
  check.schema = folder
                     .Compile("order", R"({
      "type": "object", "additionalProperties": false,
      "properties": {"order_id": {"type": "integer"}, "total": {"type": "number"}}})",
                              {})
                     .value();
  check.all_errors = true;
  CHECK(Fault(check, R"({"order_id":1,"total":1})").empty());
  const std::string both = Fault(check, R"({"misspelt":1})");
  CHECK(both.starts_with("/order_id: required, missing; "));
  CHECK_THAT(both, ContainsSubstring("/misspelt"));
  check.all_errors = false;
  CHECK(Fault(check, R"({"misspelt":1})") == "/order_id: required, missing");
}

}  // namespace
}  // namespace amqp_sidecar::json
