// The verb validate: a line for each file, and an exit code.
#include "app/validate_command.h"

#include <algorithm>
#include <sstream>
#include <string>

#include "app/exit_code.h"
#include "support/catch.h"
#include "support/temp_file.h"

namespace amqp_sidecar::app {
namespace {

constexpr char kRules[] = R"(
limits: {max_message_bytes: 100}
validation:
  rules:
    - {exchange: orders, routing_key: "order.#", require_non_zero: [order_id]}
    - {exchange: "", routing_key: billing, require_fields: [total]}
    - {queue: billing, require_fields: [order_id], on_invalid: dead_letter}
    - {queue: audit, on_invalid: reject}
)";

struct Said {
  int code = 0;
  std::string out;
  std::string err;
};

Said Validate(ValidateCommand command, const std::string& input,
              const std::string& config = kRules) {
  const test::TempFile file(config);
  command.files.insert(command.files.begin(), "-");
  std::istringstream in(input);
  std::ostringstream out;
  std::ostringstream err;
  Said said;
  said.code = RunValidate({file.path(), {}, {}}, command, in, out, err);
  said.out = out.str();
  said.err = err.str();
  return said;
}

ValidateCommand Publish(const std::string& exchange, const std::string& key,
                        const std::string& type = "") {
  ValidateCommand command;
  command.exchange = exchange;
  command.routing_key = key;
  command.content_type = type;
  return command;
}

ValidateCommand Delivery(const std::string& queue, const std::string& type = "application/json") {
  ValidateCommand command;
  command.queue = queue;
  command.content_type = type;
  return command;
}

TEST_CASE("a valid body is said to be so") {
  const Said said = Validate(Publish("orders", "order.created"), R"({"order_id":1})");
  CHECK(said.code == kExitOk);
  CHECK(said.out == "-: valid\n");
  CHECK(said.err.empty());
}

TEST_CASE("an invalid body is told with the reason") {
  const Said said = Validate(Publish("orders", "order.created"), R"({"order_id":0})");
  CHECK(said.code == kExitFailure);
  CHECK(said.out == "-: invalid: /order_id: 0, which counts as not set\n");
}

TEST_CASE("a publish to no exchange is one to the default exchange") {
  CHECK(Validate(Publish("", "billing"), "{}").out == "-: invalid: /total: required, missing\n");
  CHECK(Validate(Publish("", "other"), "{}").code == kExitOk);
  CHECK(Validate(Publish("orders", ""), "{}").code == kExitOk);
}

TEST_CASE("a publish without a content type is JSON, as the sidecar sends it") {
  CHECK(Validate(Publish("x", "y"), "no json").code == kExitFailure);
  CHECK(Validate(Publish("x", "y", "text/plain"), "no json").code == kExitOk);
}

TEST_CASE("a body over the limit is told as a publish, which would be refused") {
  const std::string large = "\"" + std::string(100, 'x') + "\"";
  const Said said = Validate(Publish("x", "y"), large);
  CHECK(said.out == "-: invalid: the body is 102 bytes; limits.max_message_bytes is 100\n");
  CHECK(Validate(Delivery("other"), large).code == kExitOk);
}

TEST_CASE("of a delivery it is told what would become of it") {
  CHECK(Validate(Delivery("billing"), "{}").out ==
        "-: invalid: /order_id: required, missing (dead-lettered)\n");
  CHECK(Validate(Delivery("audit"), "").out == "-: invalid: the body is empty (rejected)\n");
  CHECK(Validate(Delivery("other"), "").out ==
        "-: invalid: the body is empty (delivered with invalid_reason)\n");
  CHECK(Validate(Delivery("other", ""), "").code == kExitOk);
}

TEST_CASE("each file has its line, and one that cannot be read is told apart") {
  const test::TempFile good(R"({"order_id":1})");
  const test::TempFile bad("{");
  ValidateCommand command = Publish("orders", "order.x");
  command.files = {good.path(), bad.path()};
  Said said = Validate(command, R"({"order_id":5})");
  CHECK(said.code == kExitFailure);
  CHECK(said.out.starts_with("-: valid\n" + good.path() + ": valid\n" + bad.path() +
                             ": invalid: the body is not well-formed JSON: "));
  command.files = {"/nowhere/order.json", good.path()};
  said = Validate(command, "{}");
  CHECK(said.code == kExitUsage);
  CHECK_THAT(said.err, ContainsSubstring("/nowhere/order.json"));
  CHECK(said.out == "-: invalid: /order_id: required, missing\n" + good.path() + ": valid\n");
}

TEST_CASE("names from a body do not break a line") {
  const Said said = Validate(Delivery("q"), R"({"a\nb":1,"a\nb":2})",
                             "validation: {rules: [{queue: q, unique_keys: true}]}\n");
  CHECK(said.code == kExitFailure);
  CHECK(std::count(said.out.begin(), said.out.end(), '\n') == 1);
}

TEST_CASE("what the rest of a configuration needs is not looked for") {
  const std::string config = std::string(kRules) + "amqp: {password_file: /nonexistent/password}\n";
  CHECK(Validate(Publish("orders", "order.created"), R"({"order_id":1})", config).code == kExitOk);
}

TEST_CASE("a bad configuration has its own exit code") {
  const Said said = Validate(Delivery("q"), "{}", "validation: {rules: [{}]}\n");
  CHECK(said.code == kExitConfig);
  CHECK(said.out.empty());
  CHECK_THAT(said.err, ContainsSubstring("configuration: validation.rules[0]: "));
}

}  // namespace
}  // namespace amqp_sidecar::app
