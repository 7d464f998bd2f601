// The verbs check-config and validate, for rules and schemas, as a person or a script uses them.
#include "integration/validating.h"

namespace amqp_sidecar::test {
namespace {

struct Files {
  Files() {
    config = dir.Write("sidecar.yaml",
                       Rules({"{exchange: orders, routing_key: \"order.#\", " + kOrderRule + "}",
                              "{queue: billing, " + kOrderRule + ", on_invalid: dead_letter}",
                              "{exchange: blobs, json: off}"}));
    good = dir.Write("good.json", Order());
    bad = dir.Write("bad.json", "{}");
  }

  RunResult Validate(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"validate", "--config", config});
    return RunSidecar(std::move(arguments));
  }

  TempDir dir;
  std::string config;
  std::string good;
  std::string bad;
};

TEST_CASE("validate says of each body what a publish would be answered") {
  const Files files;
  RunResult result =
      files.Validate({"--exchange", "orders", "--routing-key", "order.created", files.good});
  INFO(result.output());
  CHECK(result.exit_code == 0);
  CHECK(result.out == files.good + ": valid\n");
  result = files.Validate(
      {"--exchange", "orders", "--routing-key", "order.created", files.bad, files.good});
  CHECK(result.exit_code == 1);
  CHECK(result.out ==
        files.bad + ": invalid: /order_id: required, missing\n" + files.good + ": valid\n");
  // Another key, the default exchange, and an exchange whose bodies nobody looks at.
  CHECK(files.Validate({"--exchange", "orders", files.bad}).exit_code == 0);
  CHECK(files.Validate({"--routing-key", "order.created", files.bad}).exit_code == 0);
  const std::string blob = files.dir.Write("blob", "\xff");
  CHECK(files.Validate({"--exchange", "blobs", blob}).exit_code == 0);
  CHECK(files.Validate({"--exchange", "", blob}).exit_code == 1);
}

TEST_CASE("validate says of each body what would become of a delivery") {
  const Files files;
  const RunResult result = files.Validate({"--queue", "billing", files.bad, files.good});
  CHECK(result.exit_code == 1);
  CHECK(result.out == files.bad + ": invalid: /order_id: required, missing (dead-lettered)\n" +
                          files.good + ": valid\n");
  const std::string text = files.dir.Write("text", "text");
  CHECK(files.Validate({"--queue", "other", text}).exit_code == 1);
  CHECK(files.Validate({"--queue", "other", "--content-type", "", text}).exit_code == 0);
  CHECK(files.Validate({"--queue", "other", "--content-type", "text/plain", text}).exit_code == 0);
}

TEST_CASE("validate reads a body from standard input") {
  const Files files;
  const RunResult result =
      Run({"sh", "-c", "printf '{\"order_id\":0}' | \"$@\"", "sh", SidecarBinary(), "validate",
           "--config", files.config, "--queue", "billing", "-"});
  INFO(result.output());
  CHECK(result.exit_code == 1);
  CHECK_THAT(result.out, ContainsSubstring("-: invalid: "));
}

TEST_CASE("validate ends with 64 where it is not told enough, or cannot read a body") {
  const Files files;
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{files.good},
        {"--queue", "billing"},
        {"--queue", "billing", "--exchange", "orders", files.good},
        {"--queue", "", files.good},
        {"--queue", "billing", files.dir.File("missing.json")},
        {"--queue", "billing", files.dir.path()}}) {
    const RunResult result = files.Validate(arguments);
    INFO(result.output());
    CHECK(result.exit_code == 64);
    CHECK_FALSE(result.err.empty());
  }
}

TEST_CASE("check-config and validate load every schema, and end with 78 where one is bad") {
  TempDir dir;
  dir.Write("bad.json", R"({"properties": {"total": {"minimum": "0"}}})");
  dir.Write("good.json", R"({"properties": {"total": {"minimum": 0}}})");
  const std::string good =
      dir.Write("good.yaml", "validation: {rules: [{queue: q, schema_file: good.json}]}\n");
  CHECK(RunSidecar({"check-config", "--config", good}).exit_code == 0);
  const std::string bad = dir.Write("bad.yaml",
                                    "validation:\n  rules:\n    - {queue: q, schema_file: "
                                    "good.json}\n    - {queue: r, schema_file: bad.json}\n");
  for (const std::vector<std::string>& verb :
       {std::vector<std::string>{"check-config", "--config", bad},
        {"run", "--config", bad},
        {"validate", "--config", bad, "--queue", "q", dir.File("good.json")}}) {
    const RunResult result = RunSidecar(verb);
    INFO(result.output());
    CHECK(result.exit_code == 78);
    CHECK_THAT(
        result.err,
        ContainsSubstring("validation.rules[1].schema_file: bad.json#/properties/total/minimum"));
  }
}

TEST_CASE("A relative schema_dir is beside the configuration, wherever the sidecar is started") {
  TempDir dir;
  REQUIRE(Run({"mkdir", dir.File("schemas")}).exit_code == 0);
  dir.Write("schemas/s.json", "{\"type\": \"object\"}");
  const std::string config = dir.Write(
      "c.yaml", "validation: {schema_dir: schemas, rules: [{queue: q, schema_file: s.json}]}\n");
  CHECK(RunSidecar({"check-config", "--config", config}).exit_code == 0);
  const RunResult from_there = Run({"sh", "-c", "cd " + dir.path() + " && exec \"$@\"", "sh",
                                    SidecarBinary(), "check-config", "--config", "c.yaml"});
  INFO(from_there.output());
  CHECK(from_there.exit_code == 0);
}

}  // namespace
}  // namespace amqp_sidecar::test
