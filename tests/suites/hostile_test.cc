// Hostile bodies and schemas have an answer each. What they cost is for tests/bench/json_bench.cc.
#include <filesystem>

#include "json/schema.h"
#include "suites/hostile_json.h"
#include "support/catch.h"

namespace amqp_sidecar::suites {
namespace {

absl::StatusOr<json::Schema> Compile(const std::string& schema) {
  json::Schema::Options options;
  options.assert_format = true;
  return json::SchemaFolder("/dev/null").Compile("hostile.json", schema, options);
}

// What is wrong, or nothing.
std::string Complaint(const HostileCase& hostile) {
  const auto schema = Compile(hostile.schema);
  INFO(schema.status());
  REQUIRE(schema.ok());
  json::Document document;
  json::Document::Options options;
  options.unique_keys = hostile.unique_keys;
  if (auto wrong = document.Parse(hostile.body, options)) return *wrong;
  const auto faults = schema->Check(document, 1);
  // Ten are found or not as one is.
  CHECK(schema->Check(document, 10).empty() == faults.empty());
  return faults.empty() ? "" : faults.front();
}

TEST_CASE("a hostile body has an answer") {
  for (const HostileCase& hostile : HostileCases()) {
    CAPTURE(hostile.name);
    const std::string complaint = Complaint(hostile);
    CHECK(complaint.size() < 500);
    if (hostile.complaint == "*") continue;
    CAPTURE(complaint);
    CHECK(complaint.empty() == hostile.complaint.empty());
    CHECK_THAT(complaint, ContainsSubstring(hostile.complaint));
  }
}

TEST_CASE("a schema that refers to itself for ever has an answer") {
  const std::string schema = GENERATE(
      R"({"$ref":"#"})", R"({"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},
                                                         "b":{"$ref":"#/$defs/a"}}})",
      R"({"anyOf":[{"$ref":"#"},true]})", R"({"allOf":[{"$ref":"#"},{"$ref":"#"}]})",
      R"({"not":{"$ref":"#"}})", R"({"if":{"$ref":"#"},"then":false})",
      R"({"$dynamicAnchor":"n","$dynamicRef":"#n"})",
      R"({"$dynamicAnchor":"n","oneOf":[{"$dynamicRef":"#n"},{"$ref":"#"}]})",
      R"({"$ref":"#/$defs/a","$defs":{"a":{"$dynamicAnchor":"n","anyOf":[{"$dynamicRef":"#n"}]}}})",
      R"({"dependentSchemas":{"a":{"$ref":"#"}}})", R"({"unevaluatedItems":{"$ref":"#"},
                                                        "allOf":[{"$ref":"#/allOf/0"}]})");
  CAPTURE(schema);
  const auto compiled = Compile(schema);
  if (!compiled.ok()) {
    CHECK_FALSE(compiled.status().message().empty());
    return;
  }
  for (const char* body : {R"({"a":[1]})", "[[1,2],3]", "1"}) {
    json::Document document;
    REQUIRE(document.Parse(body) == std::nullopt);
    const auto faults = compiled->Check(document, 10);
    CHECK(faults.size() <= 10);
    CHECK((faults.empty() || faults.front().size() < 200));
  }
}

TEST_CASE("a schema that nests too deep, or is too large, has an answer") {
  const std::string levels = Repeated(100'000, R"({"not":)");
  CHECK_FALSE(Compile(levels + "{}" + Repeated(100'000, "}")).ok());
  CHECK_FALSE(Compile(Repeated(33, R"({"not":)") + "1" + Repeated(33, "}")).ok());
  CHECK(Compile(Repeated(40, R"({"not":)") + "{}" + Repeated(40, "}")).ok());
  std::string wide = R"({"anyOf":[{})";
  for (int i = 0; i < 10'000; ++i) wide += R"(,{"const":)" + std::to_string(i) + "}";
  CHECK(Compile(wide + "]}").ok());
}

}  // namespace
}  // namespace amqp_sidecar::suites
