// The configuration from its sources: every error names the key, none shows a value.
#include "app/config.h"

#include <string>

#include "app/setting.h"
#include "app/yaml_reader.h"
#include "support/catch.h"
#include "support/temp_file.h"

namespace amqp_sidecar::app {
namespace {

using config::v1::Config;

absl::StatusOr<Config> FromYaml(const std::string& text) {
  const test::TempFile file(text);
  return ReadConfig({file.path(), {}, {}});
}

std::string ErrorOf(const std::string& yaml) {
  const absl::StatusOr<Config> config = FromYaml(yaml);
  REQUIRE_FALSE(config.ok());
  const std::string message(config.status().message());
  CHECK(message.find('\n') == std::string::npos);
  return message;
}

Config Good(const absl::StatusOr<Config>& config) {
  INFO(std::string(config.status().message()));
  REQUIRE(config.ok());
  return *config;
}

TEST_CASE("the defaults alone make a configuration") {
  const Config config = Good(ReadConfig({}));
  CHECK(config.grpc().listen(0) == "unix:///run/amqp-sidecar/sidecar.sock");
  CHECK(config.amqp().uris(0) == "amqp://guest@127.0.0.1:5672/");
  CHECK(config.amqp().heartbeat().seconds() == 10);
  CHECK(config.amqp().reconnect().initial_backoff().nanos() == 100'000'000);
  CHECK(config.limits().max_in_flight_bytes() == 67'108'864);
  CHECK(config.validation().require_json());
  CHECK(config.log().level() == config::v1::LOG_LEVEL_INFO);
  CHECK(config.topology().queues().empty());
}

TEST_CASE("an empty file and keys without values leave the defaults") {
  CHECK(Good(FromYaml("")).SerializeAsString() == Good(ReadConfig({})).SerializeAsString());
  CHECK(Good(FromYaml("amqp:\n  heartbeat:\ntopology:\n")).SerializeAsString() ==
        Good(ReadConfig({})).SerializeAsString());
}

TEST_CASE("a file sets values of every kind") {
  const Config config = Good(FromYaml(R"(
grpc: {listen: ["unix:///tmp/a.sock", "127.0.0.1:0"]}
amqp:
  uris: [amqp://a:b@one/, amqp://a:b@two/]
  heartbeat: 30s
  reconnect: {initial_backoff: 10ms, max_backoff: 1m}
  publish_channels: 4
  auth_mechanism: external
  tls: {ca_file: ca.pem, server_name: rabbit}
  separate_consumer_connection: false
validation: {require_json: false}
log: {level: debug, format: json}
)"));
  CHECK(config.amqp().auth_mechanism() == config::v1::AUTH_MECHANISM_EXTERNAL);
  CHECK(config.amqp().tls().ca_file() == "ca.pem");
  CHECK(config.grpc().listen_size() == 2);
  CHECK(config.amqp().uris(1) == "amqp://a:b@two/");
  CHECK(config.amqp().heartbeat().seconds() == 30);
  CHECK(config.amqp().reconnect().initial_backoff().nanos() == 10'000'000);
  CHECK(config.amqp().reconnect().max_backoff().seconds() == 60);
  CHECK(config.amqp().publish_channels() == 4);
  CHECK_FALSE(config.validation().require_json());
  CHECK(config.log().format() == config::v1::LOG_FORMAT_JSON);
}

TEST_CASE("topology arguments are plain YAML values") {
  const Config config = Good(FromYaml(R"(
topology:
  exchanges: [{name: orders, type: topic}]
  queues:
    - name: billing
      type: quorum
      durable: true
      arguments: {x-max-length: 5, x-overflow: reject-publish, quoted: "5", half: 0.5, yes: true,
                  list: [1, two], table: {a: -1}}
  bindings: [{queue: billing, exchange: orders, routing_key: "order.*"}]
)"));
  const auto& queue = config.topology().queues(0);
  CHECK(queue.type() == v1::QUEUE_TYPE_QUORUM);
  CHECK(queue.durable());
  CHECK(config.topology().exchanges(0).type() == "topic");
  CHECK(config.topology().bindings(0).routing_key() == "order.*");
  const auto& arguments = queue.arguments();
  CHECK(arguments.at("x-max-length").int_value() == 5);
  CHECK(arguments.at("x-overflow").string_value() == "reject-publish");
  CHECK(arguments.at("quoted").string_value() == "5");
  CHECK(arguments.at("half").double_value() == 0.5);
  CHECK(arguments.at("yes").bool_value());
  CHECK(arguments.at("list").array_value().values(0).int_value() == 1);
  CHECK(arguments.at("list").array_value().values(1).string_value() == "two");
  CHECK(arguments.at("table").table_value().fields().at("a").int_value() == -1);
}

TEST_CASE("an unknown key is an error that names its path, its line and what there is") {
  const std::string error = ErrorOf("log: {level: info}\namqp:\n  heartbaet: 5s\n");
  CHECK_THAT(error, ContainsSubstring(" line 3: amqp.heartbaet: no such key"));
  CHECK_THAT(error, ContainsSubstring("heartbeat"));
  CHECK_THAT(ErrorOf("topology: {queues: [{name: a}, {nmae: b}]}"),
             ContainsSubstring("topology.queues[1].nmae: no such key"));
}

TEST_CASE("a wrong type is an error that names the key and its line") {
  CHECK_THAT(ErrorOf("\namqp:\n  publish_channels: many"),
             ContainsSubstring("line 3: amqp.publish_channels: must be a whole number from 1"));
  CHECK_THAT(ErrorOf("amqp: {heartbeat: 5}"), ContainsSubstring("amqp.heartbeat: must be a dura"));
  CHECK_THAT(ErrorOf("amqp: {heartbeat: [5s]}"), ContainsSubstring("amqp.heartbeat: must be a si"));
  CHECK_THAT(ErrorOf("amqp: {uris: one}"), ContainsSubstring("amqp.uris: must be a list"));
  CHECK_THAT(ErrorOf("amqp: 5"), ContainsSubstring("amqp: must be a mapping"));
  CHECK_THAT(ErrorOf("validation: {require_json: yes}"),
             ContainsSubstring("must be true or false"));
  CHECK_THAT(ErrorOf("log: {level: loud}"),
             ContainsSubstring("log.level: must be one of debug, info, warn, error"));
  CHECK_THAT(ErrorOf("amqp: {uris: [~]}"), ContainsSubstring("amqp.uris[0]: has no value"));
}

TEST_CASE("a value out of bounds is an error that says the bounds") {
  CHECK_THAT(ErrorOf("amqp: {publish_channels: 17}"),
             ContainsSubstring("amqp.publish_channels: must be between 1 and 16"));
  CHECK_THAT(ErrorOf("amqp: {heartbeat: -1s}"), ContainsSubstring("must be between 0s and 10m"));
  CHECK_THAT(ErrorOf("drain_timeout: inf"), ContainsSubstring("must be a duration"));
  CHECK_THAT(ErrorOf("limits: {max_message_bytes: 0}"), ContainsSubstring("must be between 1 and"));
}

TEST_CASE("a key that is there twice, a second document and what is not YAML are errors") {
  CHECK_THAT(ErrorOf("log: {}\nlog: {}\n"), ContainsSubstring("line 2: log: is there twice"));
  CHECK_THAT(ErrorOf("log: {}\n---\nlog: {}\n"), ContainsSubstring("a second document"));
  CHECK_THAT(ErrorOf("log: {level: info\n"), ContainsSubstring("not YAML"));
}

TEST_CASE("rules are read as they are written, in a line or in several") {
  const Config config = Good(FromYaml(R"(
validation:
  unique_keys: true
  rules:
    - {exchange: orders, routing_key: "order.#", require_fields: [order_id, customer.id],
       require_non_zero: [/order_id], schema_file: schemas/order.json, assert_format: false}
    - queue: billing
      on_invalid: dead_letter
      all_errors: true
    - {exchange: "", json: off}
)"));
  const config::v1::Validation& validation = config.validation();
  CHECK(validation.unique_keys());
  REQUIRE(validation.rules_size() == 3);
  CHECK(validation.rules(0).exchange() == "orders");
  CHECK(validation.rules(0).routing_key() == "order.#");
  CHECK_FALSE(validation.rules(0).has_queue());
  REQUIRE(validation.rules(0).require_fields_size() == 2);
  CHECK(validation.rules(0).require_fields(1) == "customer.id");
  CHECK(validation.rules(0).require_non_zero(0) == "/order_id");
  CHECK(validation.rules(0).schema_file() == "schemas/order.json");
  CHECK(validation.rules(0).has_assert_format());
  CHECK_FALSE(validation.rules(0).has_unique_keys());
  CHECK(validation.rules(1).queue() == "billing");
  CHECK(validation.rules(1).on_invalid() == config::v1::ON_INVALID_DEAD_LETTER);
  CHECK(validation.rules(1).all_errors());
  CHECK(validation.rules(2).has_exchange());
  CHECK(validation.rules(2).exchange().empty());
  CHECK(validation.rules(2).json() == config::v1::JSON_CHECK_OFF);
}

TEST_CASE("a mistake in a rule names the rule and the key") {
  CHECK_THAT(ErrorOf("validation: {rules: [{queue: a}, {exchnge: b}]}"),
             ContainsSubstring("validation.rules[1].exchnge: no such key; there are exchange"));
  CHECK_THAT(ErrorOf("validation: {rules: [{queue: a, on_invalid: drop}]}"),
             ContainsSubstring("validation.rules[0].on_invalid: must be one of deliver, "
                               "dead_letter, reject"));
  CHECK_THAT(ErrorOf("validation: {rules: [{queue: a, json: on}]}"),
             ContainsSubstring("validation.rules[0].json: must be one of claimed, off"));
  CHECK_THAT(ErrorOf("validation: {rules: {queue: a}}"),
             ContainsSubstring("validation.rules: must be a list"));
}

TEST_CASE("no error shows what may be a password") {
  for (const std::string yaml :
       {"amqp: {uris: {\"amqp://u:hunter2@h\": 1}}", "amqp: {\"amqp://u:hunter2@h\": }",
        "\"amqp://u:hunter2@h\": 1", "amqp: {password_file: [hunter2]}", "amqp: {uris: [*hunter2]}",
        "hunter2", "log: {level: hunter2}"}) {
    INFO(yaml);
    CHECK(ErrorOf(yaml).find("hunter2") == std::string::npos);
  }
}

TEST_CASE("a missing file is an error that names it") {
  const auto config = ReadConfig({"/nowhere/sidecar.yaml", {}, {}});
  REQUIRE_FALSE(config.ok());
  CHECK_THAT(std::string(config.status().message()), ContainsSubstring("/nowhere/sidecar.yaml"));
}

TEST_CASE("flags win over the environment, the environment over the file") {
  const test::TempFile file("log: {level: debug}\ndrain_timeout: 1s\namqp: {heartbeat: 1s}\n");
  const Config config = Good(ReadConfig(
      {file.path(),
       {{"AMQP_SIDECAR_LOG_LEVEL", "warn"}, {"AMQP_SIDECAR_DRAIN_TIMEOUT", "2s"}, {"PATH", "/bin"}},
       {{"log.level", "error"}}}));
  CHECK(config.log().level() == config::v1::LOG_LEVEL_ERROR);
  CHECK(config.drain_timeout().seconds() == 2);
  CHECK(config.amqp().heartbeat().seconds() == 1);
}

TEST_CASE("a list from the environment replaces the list, at its commas") {
  const Config config =
      Good(ReadConfig({{}, {{"AMQP_SIDECAR_AMQP_URIS", "amqp://a:b@one, amqp://a:b@two"}}, {}}));
  REQUIRE(config.amqp().uris_size() == 2);
  CHECK(config.amqp().uris(1) == "amqp://a:b@two");
}

TEST_CASE("an unknown variable of our prefix is an error, unless Kubernetes sets it") {
  const auto config = ReadConfig({{}, {{"AMQP_SIDECAR_AMQP_URI", "hunter2"}}, {}});
  REQUIRE_FALSE(config.ok());
  CHECK_THAT(std::string(config.status().message()), ContainsSubstring("AMQP_SIDECAR_AMQP_URI:"));
  CHECK(std::string(config.status().message()).find("hunter2") == std::string::npos);
  Good(ReadConfig({{},
                   {{"AMQP_SIDECAR_SERVICE_HOST", "10.0.0.1"},
                    {"AMQP_SIDECAR_SERVICE_PORT_GRPC", "7672"},
                    {"AMQP_SIDECAR_PORT_7672_TCP_ADDR", "10.0.0.1"},
                    {"AMQP_SIDECAR_PORT", "tcp://10.0.0.1:7672"},
                    {"AMQP_SIDECAR_ADDR", "unix:///tmp/a.sock"}},
                   {}}));
}

TEST_CASE("a wrong value from the environment or a flag names the setting") {
  const auto from_environment = ReadConfig({{}, {{"AMQP_SIDECAR_LOG_LEVEL", "loud"}}, {}});
  CHECK_THAT(std::string(from_environment.status().message()),
             ContainsSubstring("AMQP_SIDECAR_LOG_LEVEL (log.level): must be one of"));
  const auto from_flag = ReadConfig({{}, {}, {{"log.levl", "info"}}});
  CHECK_THAT(std::string(from_flag.status().message()), ContainsSubstring("log.levl: no single"));
}

}  // namespace
}  // namespace amqp_sidecar::app
