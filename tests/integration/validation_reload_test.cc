// SIGHUP: the rules for bodies are read again and taken over at once, or not at all.
#include <signal.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "integration/subscribing.h"
#include "integration/validating.h"

namespace amqp_sidecar::test {
namespace {

// A queue, and a sidecar whose rules change.
struct Reloaded {
  explicit Reloaded(const std::vector<std::string>& rules)
      : names(RabbitmqNode::Shared()), queue(names.Queue()), world(WithRules(rules)) {
    const std::string text = ReadFile(world.sidecar.config_file());
    rest = text.substr(0, text.find("validation:"));
  }

  void Write(const std::string& validation) const {
    // At once, as an editor or Kubernetes does it.
    const std::string fresh = world.sidecar.dir().Write("fresh.yaml", rest + validation);
    REQUIRE(std::rename(fresh.c_str(), world.sidecar.config_file().c_str()) == 0);
  }

  size_t Lines(const std::string& what) const {
    const std::string log = world.sidecar.output();
    size_t lines = 0;
    for (size_t at = log.find(what); at != std::string::npos; at = log.find(what, at + 1)) ++lines;
    return lines;
  }

  // True once it said so once more than before.
  bool Reload(const std::string& says) const {
    const size_t before = Lines(says);
    world.sidecar.Signal(SIGHUP);
    return Eventually(10s, [&] { return Lines(says) > before; });
  }

  Outcome Publish(const std::string& body) {
    return world.client.Publish(JsonMessage("", queue, body));
  }

  Names names;
  const std::string queue;
  World world;
  std::string rest;  // of the configuration
};

constexpr char kGood[] = "validation reloaded";
constexpr char kBad[] = "configuration not reloaded: the old one stays";

TEST_CASE("New rules and schemas take over at SIGHUP, for publishes and for deliveries") {
  Reloaded reloaded({});
  CHECK(reloaded.Publish("{}").ok());
  reloaded.Write(Rules({"{routing_key: " + reloaded.queue + ", " + kOrderRule + "}",
                        "{queue: " + reloaded.queue + ", require_fields: [order_id]}"}));
  REQUIRE(reloaded.Reload(kGood));
  CHECK(reloaded.Publish("{}").reason == "INVALID_BODY");
  CHECK(reloaded.Publish(Order()).ok());
  Subscription subscription(reloaded.world.client, reloaded.queue);
  REQUIRE(subscription.WaitForDeliveries(2));
  CHECK(subscription.deliveries()[0].invalid_reason() == "/order_id: required, missing");
  CHECK(subscription.deliveries()[1].invalid_reason().empty());
  // And away again, while the subscription is open.
  reloaded.Write("validation: {require_json: false}\n");
  REQUIRE(reloaded.Reload(kGood));
  CHECK(reloaded.Publish("{").ok());
  REQUIRE(subscription.WaitForDeliveries(3));
  CHECK(subscription.deliveries()[2].invalid_reason().empty());
}

TEST_CASE("Where anything is wrong the old rules stay, and the log says why") {
  Reloaded reloaded({"{require_fields: [a], routing_key: \"#\"}"});
  CHECK(reloaded.Publish("{}").reason == "INVALID_BODY");
  TempDir schemas;
  schemas.Write("bad.json", "{\"type\": 5}");
  for (const auto& [validation, says] :
       {std::pair(Rules({"{queue: q}", "{}"}), "validation.rules[1]: "),
        std::pair(std::string("validation: {schema_dir: ") + schemas.path() +
                      ", rules: [{queue: q, schema_file: bad.json}]}\n",
                  "validation.rules[0].schema_file: bad.json#/type"),
        std::pair(std::string("validation: {require_json: perhaps}\n"), "validation.require_json"),
        std::pair(std::string("validation: {}\namqp: {}\n"), "amqp: is there twice"),
        std::pair(std::string("validation: {\n"), "not YAML")}) {
    INFO(validation);
    reloaded.Write(validation);
    REQUIRE(reloaded.Reload(kBad));
    CHECK(reloaded.Lines(says) >= 1);
    CHECK(reloaded.Publish("{}").reason == "INVALID_BODY");
    CHECK(reloaded.Publish("{\"a\":1}").ok());
  }
  CHECK(reloaded.Lines(kGood) == 0);
}

TEST_CASE("What else changed is named, and is not taken over") {
  Reloaded reloaded({});
  reloaded.rest = "log: {level: debug}\ndrain_timeout: 1s\n" + reloaded.rest;
  reloaded.Write(Rules({"{routing_key: \"#\", require_fields: [a]}"}));
  REQUIRE(reloaded.Reload("settings that changed need a restart settings=\"drain_timeout, log\""));
  CHECK(reloaded.Publish("{}").reason == "INVALID_BODY");
}

TEST_CASE("No password is logged by a reload, whether good or bad") {
  Reloaded reloaded({});
  reloaded.rest.replace(reloaded.rest.find("guest:"), 6, "alice:S3cretPw");
  for (const std::string& validation :
       {std::string("validation: {}\n"), std::string("validation: {rules: [{}]}\n")}) {
    reloaded.Write(validation);
    REQUIRE(reloaded.Reload(validation.size() < 20 ? "settings that changed" : kBad));
  }
  CHECK(reloaded.Lines("S3cretPw") == 0);
}

// Each message is good under both rules but for one field, and so is refused for that one alone.
TEST_CASE("Under a steady load each message is judged by one set of rules, and none fails else") {
  Reloaded reloaded({});
  const std::string first = Rules(
      {"{routing_key: " + reloaded.queue + ", require_fields: [one, both], all_errors: true}"});
  const std::string second = Rules(
      {"{routing_key: " + reloaded.queue + ", require_fields: [two, both], all_errors: true}"});
  std::atomic<bool> stop = false;
  std::atomic<int> refused = 0;
  std::atomic<int> published = 0;
  std::vector<std::string> wrong;
  std::thread load([&] {
    Client client(reloaded.world.sidecar.target());
    while (!stop) {
      const Outcome good =
          client.Publish(JsonMessage("", reloaded.queue, "{\"one\":1,\"two\":1,\"both\":1}"));
      if (!good.ok()) wrong.push_back(good.reason + " " + good.text);
      const Outcome half = client.Publish(JsonMessage("", reloaded.queue, "{}"));
      const bool by_one = half.text == "/one: required, missing; /both: required, missing" ||
                          half.text == "/two: required, missing; /both: required, missing";
      if (by_one) ++refused;
      // Before the first of the two.
      if (!half.ok() && !by_one) wrong.push_back(half.reason + " " + half.text);
      ++published;
    }
  });
  for (int i = 0; i < 20; ++i) {
    reloaded.Write(i % 2 == 0 ? first : second);
    if (!reloaded.Reload(kGood)) wrong.push_back("not reloaded");
    const int before = published;
    if (!Eventually(10s, [&] { return published > before + 5; })) wrong.push_back("no progress");
  }
  stop = true;
  load.join();
  CHECK(wrong.empty());
  for (const std::string& one : wrong) UNSCOPED_INFO(one);
  CHECK(refused > 50);
}

TEST_CASE("SIGHUP ends nothing: not many at once, nor during a drain") {
  Reloaded reloaded({"{queue: none}"});
  for (int i = 0; i < 100; ++i) reloaded.world.sidecar.Signal(SIGHUP);
  REQUIRE(Eventually(10s, [&] { return reloaded.Lines(kGood) >= 1; }));
  CHECK(reloaded.Publish("{}").ok());
  Subscription subscription(reloaded.world.client, reloaded.queue);
  REQUIRE(subscription.WaitForDeliveries(1));
  reloaded.world.sidecar.Signal(SIGTERM);
  REQUIRE(subscription.WaitForEvents(2));
  reloaded.Write("validation: {rules: [{}]}\n");
  const size_t good = reloaded.Lines(kGood);
  for (int i = 0; i < 10; ++i) reloaded.world.sidecar.Signal(SIGHUP);
  CHECK_FALSE(reloaded.world.sidecar.Wait(300ms));
  CHECK(reloaded.world.client.Ack(Ids(subscription.deliveries())).empty());
  CHECK(reloaded.world.sidecar.Wait(8s) == 0);
  CHECK(reloaded.Lines(kGood) == good);
  CHECK(reloaded.Lines(kBad) == 0);
}

TEST_CASE("A SIGHUP right after the start does not end the sidecar") {
  TempDir dir;
  // A configuration that takes a while to read.
  std::string rules = "admin: {listen: \"\"}\ngrpc: {listen: [\"unix://" + dir.File("s.sock") +
                      "\"]}\nvalidation:\n  schema_dir: " SIDECAR_DOCS "\n  rules:\n";
  for (int i = 0; i < 200; ++i) {
    rules += "    - {queue: q" + std::to_string(i) + ", schema_file: schemas/order.json}\n";
  }
  Subprocess process({SidecarBinary(), "run", "--config", dir.Write("c.yaml", rules)});
  const auto blocks_it = [&] {
    // SigBlk in hexadecimal; SIGHUP is the lowest bit.
    const std::string status = ReadFile("/proc/" + std::to_string(process.pid()) + "/status");
    const size_t at = status.find("SigBlk:\t");
    if (at == std::string::npos) return false;
    const size_t end = status.find('\n', at);
    return (std::stoul(status.substr(at + 8, end - at - 8), nullptr, 16) & 1) != 0;
  };
  REQUIRE(Eventually(10s, blocks_it));
  for (int i = 0; i < 20; ++i) process.Signal(SIGHUP);
  REQUIRE(Eventually(20s, [&] { return process.output().find(kGood) != std::string::npos; }));
  process.Signal(SIGTERM);
  CHECK(process.Wait(15s) == 0);
}

}  // namespace
}  // namespace amqp_sidecar::test
