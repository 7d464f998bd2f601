// A configuration that is wrong: exit 78, one clear line that names the key, and no secret in it.
#include <algorithm>

#include "integration/world.h"

namespace amqp_sidecar::test {
namespace {

constexpr int kConfigurationError = 78;

struct Bad {
  const char* what;
  const char* yaml;
  const char* key;  // what the line must name
};

const Bad kBad[] = {
    {"an unknown key", "amqp: {urls: [\"amqp://localhost\"]}", "amqp.urls"},
    {"an unknown section", "ampq: {}", "ampq"},
    {"an unknown key deep inside", "amqp: {reconnect: {first: 1s}}", "amqp.reconnect.first"},
    {"an unknown key in a list", "topology: {queues: [{nme: q}]}", "topology.queues"},
    {"a text for a number", "amqp: {publish_channels: many}", "amqp.publish_channels"},
    {"a number for a list", "grpc: {listen: {a: 1}}", "grpc.listen"},
    {"a text for a truth value", "validation: {require_json: perhaps}", "validation.require_json"},
    {"no duration", "drain_timeout: soon", "drain_timeout"},
    {"a negative duration", "amqp: {heartbeat: -5s}", "amqp.heartbeat"},
    {"a number out of range", "subscribe: {default_prefetch: 70000}", "subscribe.default_prefetch"},
    {"an unknown level", "log: {level: loud}", "log.level"},
    {"a scheme that is not AMQP", "amqp: {uris: [\"http://u:S3cretPw@h/\"]}", "amqp.uris"},
    {"a port that is none", "amqp: {uris: [\"amqp://u:S3cretPw@h:port/\"]}", "amqp.uris"},
    {"a port out of range", "amqp: {uris: [\"amqp://u:S3cretPw@h:70000/\"]}", "amqp.uris"},
    {"no host", "amqp: {uris: [\"amqp://u:S3cretPw@:5672/\"]}", "amqp.uris"},
    {"no URI", "amqp: {uris: [\"\"]}", "amqp.uris"},
    {"a user without a password", "amqp: {uris: [\"amqp://alice@localhost/\"]}", "amqp.uris"},
    {"a password file that is missing",
     "amqp: {uris: [\"amqp://alice@localhost/\"], password_file: /no/such/file}",
     "amqp.password_file"},
    {"an authority file that is missing",
     "amqp: {uris: [\"amqps://u:S3cretPw@h/\"], tls: {ca_file: /no/such/file}}",
     "amqp.tls.ca_file: cannot read /no/such/file"},
    {"a file without a certificate",
     "amqp: {uris: [\"amqps://u:S3cretPw@h/\"], tls: {ca_file: /etc/passwd}}",
     "amqp.tls.ca_file: /etc/passwd has no certificate in it"},
    {"a certificate without a key",
     "amqp: {uris: [\"amqps://u:S3cretPw@h/\"], tls: {cert_file: /etc/passwd}}",
     "amqp.tls.cert_file"},
    {"an external login without a certificate",
     "amqp: {uris: [\"amqps://h/\"], auth_mechanism: external}", "amqp.auth_mechanism"},
    {"an external login without TLS", "amqp: {auth_mechanism: external}", "amqp.uris"},
    {"TLS settings without TLS", "amqp: {tls: {server_name: rabbit}}", "amqp.tls.server_name"},
    {"a mode that there is not", "topology: {mode: perhaps}", "topology.mode"},
    {"an exchange type that is not listed",
     "topology: {exchanges: [{name: x, type: x-delayed-message}]}", "topology.exchange_types"},
    {"a rule for nothing", "validation: {rules: [{require_fields: [id]}]}",
     "validation.rules[0]: "},
    {"a rule for both sides", "validation: {rules: [{queue: q, exchange: e}]}",
     "validation.rules[0]: "},
    {"a path that is none", "validation: {rules: [{queue: q, require_fields: [a, \"b..c\"]}]}",
     "validation.rules[0].require_fields[1]: "},
    {"a fate for a publish", "validation: {rules: [{exchange: e, on_invalid: reject}]}",
     "validation.rules[0].on_invalid: "},
    {"a schema that is missing",
     "validation: {rules: [{queue: q}, {queue: r, schema_file: s.json}]}",
     "validation.rules[1].schema_file: "},
    {"a folder of schemas that is missing", "validation: {schema_dir: nowhere}",
     "validation.schema_dir: "},
    {"an admin address that is none", "admin: {listen: nowhere}", "admin.listen"},
};

void CheckOneLine(const RunResult& result, const std::string& names) {
  INFO(result.output());
  CHECK(result.exit_code == kConfigurationError);
  CHECK(result.out.empty());
  CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
  CHECK_THAT(result.err, ContainsSubstring(names));
  CHECK(result.output().find("S3cretPw") == std::string::npos);
}

TEST_CASE(
    "A bad configuration is refused by run and check-config with one line that names the key") {
  TempDir dir;
  for (const Bad& bad : kBad) {
    INFO(bad.what << ": " << bad.yaml);
    const std::string file = dir.Write("sidecar.yaml", std::string(bad.yaml) + "\n");
    CheckOneLine(RunSidecar({"check-config", "--config", file}), bad.key);
    CheckOneLine(RunSidecar({"run", "--config", file}), bad.key);
  }
}

TEST_CASE(
    "A configuration file that is missing, empty of sense or a folder is refused by its name") {
  TempDir dir;
  for (const std::string& verb : {std::string("run"), std::string("check-config")}) {
    CheckOneLine(RunSidecar({verb, "--config", dir.File("missing.yaml")}), "missing.yaml");
    CheckOneLine(RunSidecar({verb, "--config", dir.path()}), dir.path());
    CheckOneLine(RunSidecar({verb, "--config", dir.Write("odd.yaml", "grpc: [\n")}), "odd.yaml");
  }
}

TEST_CASE("check-config accepts a good configuration and shows no password") {
  TempDir dir;
  const std::string file =
      dir.Write("good.yaml",
                "amqp: {uris: [\"amqp://alice:S3cretPw@localhost/\"]}\n"
                "topology:\n  queues: [{name: q, arguments: {x-max-length: 5}}]\n");
  const RunResult result = RunSidecar({"check-config", "--config", file});
  INFO(result.output());
  CHECK(result.exit_code == 0);
  CHECK(result.output().find("S3cretPw") == std::string::npos);
}

TEST_CASE("TLS without files of its own is a good configuration, also as guest") {
  TempDir dir;
  const RunResult result = RunSidecar(
      {"check-config", "--config", dir.Write("c.yaml", "amqp: {uris: [\"amqps://h/\"]}\n")});
  INFO(result.output());
  CHECK(result.exit_code == 0);
}

TEST_CASE("The environment goes over the file") {
  TempDir dir;
  const std::string file = dir.Write("c.yaml", "log: {level: info}\n");
  const RunResult result =
      RunSidecar({"check-config", "--config", file}, {"AMQP_SIDECAR_LOG_LEVEL=loud"});
  INFO(result.output());
  CHECK(result.exit_code == kConfigurationError);
}

TEST_CASE("No password is in any output of a sidecar that works") {
  const RabbitmqNode node = RabbitmqNode::Shared();
  const std::string user = UniqueName("user");
  node.Ctl({"add_user", user, "S3cretPw"});
  node.Ctl({"set_permissions", user, ".*", ".*", ".*"});
  SidecarOptions options;
  options.uri = "amqp://" + user + ":S3cretPw@127.0.0.1:" + std::to_string(node.port()) + "/";
  options.more = "log: {level: debug}\n";
  {
    World world(options);
    CHECK(world.client.Publish(JsonMessage("", world.names.Queue())).ok());
    world.client.Publish(JsonMessage("no-such-exchange", "k"));
    for (const char* page : {"/readyz", "/healthz", "/metrics", "/"}) {
      CHECK(HttpGet(world.sidecar.admin_port(), page).body.find("S3cretPw") == std::string::npos);
    }
    CHECK(world.sidecar.Stop() == 0);
    CHECK(world.sidecar.output().find("S3cretPw") == std::string::npos);
  }
  node.Ctl({"delete_user", user});
}

}  // namespace
}  // namespace amqp_sidecar::test
