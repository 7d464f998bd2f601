// What the rules of the configuration mean: every fault names its key.
#include "app/validation_settings.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include "app/yaml_reader.h"
#include "support/catch.h"

namespace amqp_sidecar::app {
namespace {

// A folder of its own, with schemas in it.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "sidecar-app-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
    std::filesystem::create_directory(path_ + "/schemas");
    Write("schemas/order.json", R"({"type": "object"})");
    Write("schemas/bad.json", R"({"type": "object")");
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ + "/" + name) << text;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

absl::StatusOr<json::Validator::Options> From(const std::string& yaml, const std::string& folder) {
  config::v1::Validation validation;
  const absl::Status status = ReadYaml(yaml, "test", validation);
  INFO(std::string(status.message()));
  REQUIRE(status.ok());
  return ToValidation(validation, folder);
}

json::Validator::Options Good(const std::string& yaml, const std::string& folder = "/nowhere") {
  absl::StatusOr<json::Validator::Options> options = From(yaml, folder);
  INFO(std::string(options.status().message()));
  REQUIRE(options.ok());
  return *std::move(options);
}

std::string ErrorOf(const std::string& yaml, const std::string& folder = "/nowhere") {
  const absl::StatusOr<json::Validator::Options> options = From(yaml, folder);
  REQUIRE_FALSE(options.ok());
  const std::string message(options.status().message());
  CHECK(message.find('\n') == std::string::npos);
  return message;
}

TEST_CASE("without rules nothing but require_json is asked for") {
  const json::Validator::Options options = Good("require_json: true");
  CHECK(options.require_json);
  CHECK(options.rules.empty());
  CHECK_FALSE(Good("require_json: false").require_json);
}

TEST_CASE("a rule says which messages it is for, and what is asked of them") {
  const json::Validator::Options options = Good(R"(
rules:
  - {exchange: orders, routing_key: "order.#", require_fields: [order_id], require_non_zero: [/a/b]}
  - {queue: billing, on_invalid: reject}
  - {routing_key: "blob.*", json: off}
)");
  REQUIRE(options.rules.size() == 3);
  const json::Rule& first = options.rules[0];
  CHECK(first.exchange == "orders");
  CHECK(first.routing_key->Matches("order.created"));
  CHECK(first.queue == std::nullopt);
  REQUIRE(first.body.require_fields.size() == 1);
  CHECK(first.body.require_fields[0].pointer() == "/order_id");
  CHECK(first.body.require_non_zero[0].pointer() == "/a/b");
  CHECK(options.rules[1].queue == "billing");
  CHECK(options.rules[1].on_invalid == json::OnInvalid::kReject);
  CHECK(options.rules[2].exchange == std::nullopt);
  CHECK(options.rules[2].off);
}

TEST_CASE("what a rule leaves out it has from beside require_json") {
  const json::Validator::Options options = Good(R"(
unique_keys: true
all_errors: true
rules: [{queue: a}, {queue: b, unique_keys: false, all_errors: false}]
)");
  CHECK(options.unique_keys);
  CHECK(options.rules[0].body.unique_keys);
  CHECK(options.rules[0].body.all_errors);
  CHECK_FALSE(options.rules[1].body.unique_keys);
  CHECK_FALSE(options.rules[1].body.all_errors);
}

TEST_CASE("a rule for no messages, or for both kinds, says what to do") {
  CHECK(ErrorOf("rules: [{queue: a}, {require_fields: [b]}]") ==
        "validation.rules[1]: names no messages: set exchange or routing_key, for publishes, or "
        "queue, for deliveries");
  CHECK(ErrorOf("rules: [{}]").starts_with("validation.rules[0]: names no messages"));
  for (const char* other : {"exchange: b", "routing_key: b", "exchange: \"\""}) {
    CHECK(ErrorOf(std::string("rules: [{queue: a, ") + other + "}]")
              .starts_with("validation.rules[0]: is for publishes and for deliveries: make two"));
  }
  CHECK(ErrorOf("rules: [{queue: \"\"}]") == "validation.rules[0].queue: must not be empty");
  CHECK(ErrorOf("rules: [{exchange: a, on_invalid: deliver}]")
            .starts_with("validation.rules[0].on_invalid: is for deliveries"));
}

TEST_CASE("a path that is none is an error with its place") {
  CHECK(ErrorOf("rules: [{queue: a, require_fields: [b, c..d]}]")
            .starts_with("validation.rules[0].require_fields[1]: has an empty name"));
  CHECK(ErrorOf("rules: [{queue: a, require_non_zero: [\"\"]}]") ==
        "validation.rules[0].require_non_zero[0]: must not be empty");
  CHECK(ErrorOf("rules: [{queue: a, require_non_zero: [/~]}]")
            .starts_with("validation.rules[0].require_non_zero[0]: is no JSON Pointer"));
}

TEST_CASE("what says nothing where it stands is an error") {
  for (const char* more : {"require_fields: [b]", "require_non_zero: [b]", "schema_file: b.json",
                           "unique_keys: true", "all_errors: true", "on_invalid: reject"}) {
    INFO(more);
    CHECK(ErrorOf(std::string("rules: [{queue: a, json: off, ") + more + "}]")
              .starts_with("validation.rules[0].json: is off: take "));
  }
  CHECK(ErrorOf("rules: [{queue: a, assert_format: true}]") ==
        "validation.rules[0].assert_format: is of no use without schema_file");
}

TEST_CASE("schemas are looked for beside the configuration, or in schema_dir below or elsewhere") {
  const Folder folder;
  CHECK(Good("rules: [{queue: a, schema_file: schemas/order.json}]", folder.path())
            .rules[0]
            .body.schema.has_value());
  CHECK(Good("{schema_dir: schemas, rules: [{queue: a, schema_file: order.json}]}", folder.path())
            .rules[0]
            .body.schema.has_value());
  CHECK(Good("{schema_dir: " + folder.path() +
                 "/schemas, rules: [{queue: a, schema_file: order.json}]}",
             "/nowhere")
            .rules[0]
            .body.schema.has_value());
  CHECK(ErrorOf("schema_dir: schema", folder.path()) ==
        "validation.schema_dir: " + folder.path() + "/schema is no folder");
  CHECK(ErrorOf("schema_dir: schemas/order.json", folder.path())
            .starts_with("validation.schema_dir: "));
}

TEST_CASE("a schema that is missing or bad is an error with its rule and its file") {
  const Folder folder;
  const std::string missing =
      ErrorOf("rules: [{queue: a}, {queue: b, schema_file: schemas/none.json}]", folder.path());
  CHECK(missing.starts_with("validation.rules[1].schema_file: "));
  CHECK_THAT(missing, ContainsSubstring("none.json"));
  const std::string bad =
      ErrorOf("rules: [{queue: b, schema_file: schemas/bad.json}]", folder.path());
  CHECK(bad.starts_with("validation.rules[0].schema_file: schemas/bad.json"));
}

}  // namespace
}  // namespace amqp_sidecar::app
