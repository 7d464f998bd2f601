// doctor: each thing that can be wrong between here and a delivered message, in its line.
#include <signal.h>
#include <sys/stat.h>

#include <filesystem>
#include <map>
#include <sstream>

#include "integration/limited_user.h"
#include "integration/world.h"

namespace amqp_sidecar::test {
namespace {

constexpr int kFails = 1;
constexpr int kUsageError = 64;
constexpr int kConfigurationError = 78;

// What a run said, by the names of the checks.
struct Diagnosis {
  struct Line {
    std::string verdict;
    std::string found;
    std::string advice;
  };
  int exit_code = -1;
  std::string text;
  std::map<std::string, Line> lines;
  std::chrono::milliseconds took{};

  std::string Verdict(const std::string& check) const {
    const auto line = lines.find(check);
    return line == lines.end() ? "none" : line->second.verdict;
  }
};

Diagnosis Doctor(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "doctor");
  const auto begin = std::chrono::steady_clock::now();
  const RunResult result = RunSidecar(arguments);
  Diagnosis diagnosis;
  diagnosis.took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begin);
  diagnosis.exit_code = result.exit_code;
  diagnosis.text = result.output();
  CHECK(result.err.empty());
  std::istringstream lines(result.out);
  std::string name;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(' ')) {
      diagnosis.lines[name].advice = line.substr(line.find("-> ") + 3);
      continue;
    }
    name = line.substr(6, 15);
    name.erase(name.find_last_not_of(' ') + 1);
    const std::string verdict = line.substr(0, line.find(' '));
    diagnosis.lines[name] = {verdict, line.substr(std::min<size_t>(line.size(), 21)), ""};
  }
  return diagnosis;
}

// A sidecar with an exchange, a queue and a binding in its configuration.
struct DoctorWorld {
  explicit DoctorWorld(const RabbitmqNode& on = RabbitmqNode::Shared(), SidecarOptions options = {},
                       bool wait = true)
      : node(on),
        names(node),
        exchange(names.Reserve("x")),
        queue(names.Reserve("q")),
        sidecar(ForNode(WithTopology(std::move(options)), node)) {
    if (wait) sidecar.WaitReady();
  }

  SidecarOptions WithTopology(SidecarOptions options) const {
    options.more += "topology:\n  exchanges: [{name: " + exchange +
                    ", type: topic}]\n  queues: [{name: " + queue +
                    "}]\n  bindings: [{queue: " + queue + ", exchange: " + exchange +
                    ", routing_key: \"order.*\"}]\n";
    return options;
  }

  Diagnosis Look(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"--config", sidecar.config_file()});
    return Doctor(std::move(more));
  }
  std::vector<std::string> Names(const std::string& key = "order.created") const {
    return {"--exchange", exchange, "--routing-key", key, "--queue", queue};
  }

  RabbitmqNode node;
  test::Names names;
  std::string exchange;
  std::string queue;
  SidecarProcess sidecar;
};

// Every line that is not ok says what to do, but for what is left out for the sake of another.
void CheckVerdicts(const Diagnosis& diagnosis, const std::map<std::string, std::string>& expected) {
  INFO(diagnosis.text);
  for (const auto& [check, verdict] : expected) {
    INFO(check);
    CHECK(diagnosis.Verdict(check) == verdict);
  }
  for (const auto& [check, line] : diagnosis.lines) {
    INFO(check);
    CHECK((line.verdict == "ok" || line.verdict == "skip" || !line.advice.empty()));
    CHECK_FALSE(line.found.empty());
  }
  CHECK(diagnosis.took < 11s);
}

size_t TemporaryQueues(const RabbitmqNode& node) {
  const std::string list = node.Ctl({"list_queues", "--silent", "name"});
  size_t count = 0;
  for (size_t at = list.find("amqp-sidecar.sub-"); at != std::string::npos;
       at = list.find("amqp-sidecar.sub-", at + 1)) {
    ++count;
  }
  return count;
}

TEST_CASE("doctor finds all well where it is, and no consumer sees anything") {
  DoctorWorld world;
  Client client(world.sidecar.target());
  Subscription consumer(client, world.queue);
  REQUIRE(consumer.WaitForEvents(1));
  const Diagnosis diagnosis = world.Look(world.Names());
  INFO(diagnosis.text);
  CHECK(diagnosis.exit_code == 0);
  CHECK(diagnosis.lines.size() == 14);
  for (const auto& [check, line] : diagnosis.lines) {
    INFO(check);
    CHECK(line.verdict == "ok");
    CHECK(line.advice.empty());
  }
  CHECK_THAT(diagnosis.lines.at("consumers").found, ContainsSubstring("1 consumer, 1 by this"));
  CHECK_THAT(diagnosis.lines.at("binding").found,
             ContainsSubstring("by the configured topology key \"order.created\""));
  CHECK_THAT(diagnosis.lines.at("broker").found,
             ContainsSubstring("(the sidecar's own connection)"));
  CHECK(consumer.deliveries().empty());
  CHECK(world.names.direct().Ready(world.queue) == 0);
}

TEST_CASE("doctor without names checks all but what these would be for") {
  DoctorWorld world;
  const Diagnosis diagnosis = Doctor({"--address", world.sidecar.target()});
  CHECK(diagnosis.exit_code == 0);
  CheckVerdicts(diagnosis, {{"configuration", "ok"},
                            {"socket", "ok"},
                            {"sidecar", "ok"},
                            {"broker", "ok"},
                            {"login", "ok"},
                            {"virtual host", "ok"},
                            {"topology", "ok"},
                            {"permissions", "ok"},
                            {"alarms", "ok"},
                            {"exchange", "skip"},
                            {"queue", "skip"},
                            {"consumers", "skip"},
                            {"binding", "skip"},
                            {"round trip", "ok"}});
}

TEST_CASE("doctor --send tries the binding with one marked message") {
  DoctorWorld world;
  std::vector<std::string> send = world.Names();
  send.push_back("--send");
  const Diagnosis routed = world.Look(send);
  CHECK(routed.exit_code == 0);
  CheckVerdicts(routed, {{"exchange", "ok"}, {"binding", "ok"}});
  CHECK_THAT(routed.lines.at("binding").found, ContainsSubstring("reached a queue"));
  REQUIRE(Eventually(5s, [&] { return world.names.direct().Ready(world.queue) == 1; }));
  const auto message = world.names.direct().Get(world.queue);
  CHECK(message->body == "{}");
  CHECK(message->headers.contains("x-amqp-sidecar-doctor"));

  send = world.Names("nowhere");
  send.push_back("--send");
  const Diagnosis lost = world.Look(send);
  CHECK(lost.exit_code == kFails);
  CheckVerdicts(lost, {{"exchange", "ok"}, {"binding", "fail"}});
  CHECK_THAT(lost.lines.at("binding").found, ContainsSubstring("UNROUTABLE"));
}

TEST_CASE("doctor warns of a routing key that the configured topology brings nowhere") {
  DoctorWorld world;
  const Diagnosis diagnosis = world.Look(world.Names("invoice.created"));
  CHECK(diagnosis.exit_code == 0);
  CheckVerdicts(diagnosis, {{"exchange", "ok"}, {"binding", "warn"}});
}

TEST_CASE("doctor warns of a queue that nobody consumes from") {
  DoctorWorld world;
  world.names.direct().Publish("", world.queue, "{}");
  const Diagnosis diagnosis = world.Look(world.Names());
  CHECK(diagnosis.exit_code == 0);
  CheckVerdicts(diagnosis, {{"queue", "ok"}, {"consumers", "warn"}});
  CHECK_THAT(diagnosis.lines.at("queue").found, ContainsSubstring("1 message waits"));
  CHECK(world.names.direct().Ready(world.queue) == 1);
}

TEST_CASE("doctor finds an exchange and a queue that are missing, and makes neither") {
  DoctorWorld world;
  const Diagnosis diagnosis =
      world.Look({"--exchange", "no-such-x", "--routing-key", "k", "--queue", "no-such-q"});
  CHECK(diagnosis.exit_code == kFails);
  CheckVerdicts(diagnosis, {{"exchange", "fail"},
                            {"queue", "fail"},
                            {"consumers", "skip"},
                            {"binding", "skip"},
                            {"round trip", "ok"}});
  CHECK_FALSE(world.names.direct().ExchangeExists("no-such-x"));
  CHECK_FALSE(world.names.direct().QueueExists("no-such-q"));
}

TEST_CASE("doctor claims nothing of an exchange that it has no way to see") {
  DoctorWorld world;
  const Diagnosis diagnosis = Doctor(
      {"--address", world.sidecar.target(), "--exchange", world.exchange, "--routing-key", "k"});
  CHECK(diagnosis.exit_code == 0);
  CheckVerdicts(diagnosis, {{"exchange", "skip"}, {"binding", "skip"}});
  CHECK_THAT(diagnosis.lines.at("exchange").advice, ContainsSubstring("--config"));
}

TEST_CASE("doctor finds a broker that is down") {
  const RabbitmqNode node = RabbitmqNode::Shared();
  TcpProxy proxy(node.port());
  proxy.TakeAway();
  SidecarOptions options;
  options.uri = proxy.uri();
  options.amqp = kFastReconnect;
  DoctorWorld world(node, options, false);
  REQUIRE(Eventually(5s, [&] {
    return HttpGet(world.sidecar.admin_port(), "/readyz").body.find("refused") != std::string::npos;
  }));
  const Diagnosis diagnosis = world.Look(world.Names());
  CHECK(diagnosis.exit_code == kFails);
  CheckVerdicts(diagnosis, {{"socket", "ok"},
                            {"sidecar", "ok"},
                            {"broker", "fail"},
                            {"login", "skip"},
                            {"virtual host", "skip"},
                            {"topology", "skip"},
                            {"permissions", "skip"},
                            {"alarms", "skip"},
                            {"exchange", "skip"},
                            {"queue", "skip"},
                            {"round trip", "skip"}});
  CHECK_THAT(diagnosis.lines.at("broker").found, ContainsSubstring("Connection refused"));
}

// Waits until the sidecar says so.
void AwaitReadiness(const DoctorWorld& world, const std::string& text) {
  REQUIRE(Eventually(5s, [&] {
    return HttpGet(world.sidecar.admin_port(), "/readyz").body.find(text) != std::string::npos;
  }));
}

TEST_CASE("doctor finds a password that is wrong, and does not tell it") {
  const RabbitmqNode node = RabbitmqNode::Shared();
  SidecarOptions options;
  options.uri = "amqp://guest:S3cretPw@127.0.0.1:" + std::to_string(node.port()) + "/";
  DoctorWorld world(node, options, false);
  AwaitReadiness(world, "login refused");
  const Diagnosis diagnosis = world.Look();
  CHECK(diagnosis.exit_code == kFails);
  CheckVerdicts(diagnosis, {{"broker", "ok"}, {"login", "fail"}, {"virtual host", "skip"}});
  CHECK(diagnosis.text.find("S3cretPw") == std::string::npos);
}

TEST_CASE("doctor finds a virtual host that is not there") {
  const RabbitmqNode node = RabbitmqNode::Shared();
  SidecarOptions options;
  options.uri = node.uri() + "no-such-vhost";
  DoctorWorld world(node, options, false);
  AwaitReadiness(world, "virtual host refused");
  const Diagnosis diagnosis = world.Look();
  CHECK(diagnosis.exit_code == kFails);
  CheckVerdicts(diagnosis, {{"broker", "ok"}, {"login", "ok"}, {"virtual host", "fail"}});
  CHECK_THAT(diagnosis.lines.at("virtual host").found, ContainsSubstring("no-such-vhost"));
}

TEST_CASE("doctor finds a user who may not do what a round trip takes, and can leave that out") {
  const RabbitmqNode node = RabbitmqNode::Shared();
  const LimitedUser user(node);
  SidecarOptions options;
  options.uri = user.uri();
  options.more = "topology: {mode: none}\n";
  SidecarProcess sidecar(options);
  sidecar.WaitReady();
  const Diagnosis diagnosis = Doctor({"--config", sidecar.config_file()});
  CHECK(diagnosis.exit_code == kFails);
  CheckVerdicts(diagnosis, {{"login", "ok"},
                            {"virtual host", "ok"},
                            {"permissions", "fail"},
                            {"alarms", "skip"},
                            {"round trip", "skip"}});
  CHECK_THAT(diagnosis.lines.at("permissions").found, ContainsSubstring("ACCESS_REFUSED"));
  const Diagnosis without = Doctor({"--config", sidecar.config_file(), "--no-round-trip"});
  CHECK(without.exit_code == 0);
  CheckVerdicts(without, {{"permissions", "skip"}, {"round trip", "skip"}});
}

TEST_CASE("doctor finds a topology that does not stand in the broker") {
  const RabbitmqNode node = RabbitmqNode::Shared();
  Names names(node);
  const std::string exchange = names.Exchange("fanout");
  SidecarOptions options;
  options.more = "topology: {exchanges: [{name: " + exchange + ", type: topic}]}\n";
  SidecarProcess sidecar(ForNode(options, node));
  REQUIRE(Eventually(5s, [&] {
    return HttpGet(sidecar.admin_port(), "/readyz").body.find(exchange) != std::string::npos;
  }));
  const Diagnosis diagnosis =
      Doctor({"--config", sidecar.config_file(), "--exchange", exchange, "--routing-key", "k"});
  CHECK(diagnosis.exit_code == kFails);
  CheckVerdicts(
      diagnosis,
      {{"topology", "fail"}, {"exchange", "ok"}, {"binding", "skip"}, {"round trip", "ok"}});
}

TEST_CASE("doctor looks at the broker itself where no sidecar answers") {
  DoctorWorld world;
  world.sidecar.Signal(SIGKILL);
  REQUIRE(world.sidecar.Wait(5s));
  // Its file is left behind.
  const Diagnosis stale = world.Look(world.Names());
  CHECK(stale.exit_code == kFails);
  CheckVerdicts(stale, {{"socket", "fail"},
                        {"sidecar", "skip"},
                        {"broker", "ok"},
                        {"login", "ok"},
                        {"virtual host", "ok"},
                        {"topology", "skip"},
                        {"permissions", "skip"},
                        {"exchange", "ok"},
                        {"queue", "ok"},
                        {"binding", "skip"},
                        {"round trip", "skip"}});
  CHECK_THAT(stale.lines.at("socket").found, ContainsSubstring("is stale"));
  // No step had to wait for its deadline.
  CHECK(stale.took < 2500ms);
  for (const char* check : {"broker", "exchange", "queue"}) {
    CHECK_THAT(stale.lines.at(check).found,
               ContainsSubstring("(a connection of the doctor's own)"));
  }
  std::filesystem::remove(world.sidecar.socket());
  const Diagnosis gone = world.Look();
  CHECK(gone.exit_code == kFails);
  CheckVerdicts(gone, {{"socket", "fail"}, {"sidecar", "skip"}, {"broker", "ok"}});
  CHECK_THAT(gone.lines.at("socket").found, ContainsSubstring("No such file"));
}

TEST_CASE("doctor finds a sidecar that is stopped, in time") {
  DoctorWorld world;
  world.sidecar.Signal(SIGSTOP);
  const OnExit go_on([&] { world.sidecar.Signal(SIGCONT); });
  const Diagnosis diagnosis = world.Look({"--timeout", "3s"});
  CHECK(diagnosis.exit_code == kFails);
  CHECK(diagnosis.took < 4s);
  CheckVerdicts(diagnosis, {{"socket", "ok"}, {"sidecar", "fail"}, {"round trip", "skip"}});
  CHECK_THAT(diagnosis.lines.at("sidecar").found, ContainsSubstring("is stopped"));
}

TEST_CASE("doctor finds a configuration that is not good, and checks the rest") {
  DoctorWorld world;
  const TempDir dir;
  const std::string bad = dir.Write("bad.yaml", "amqp: {urls: []}\n");
  const Diagnosis diagnosis = Doctor({"--config", bad, "--address", world.sidecar.target()});
  CHECK(diagnosis.exit_code == kConfigurationError);
  CheckVerdicts(diagnosis, {{"configuration", "fail"}, {"sidecar", "ok"}, {"round trip", "ok"}});
  CHECK_THAT(diagnosis.lines.at("configuration").found, ContainsSubstring("amqp.urls"));
}

TEST_CASE("doctor --json says each check as an object of a line") {
  const RunResult result = RunSidecar({"doctor", "--json", "--address", "unix:///no/such/socket"});
  INFO(result.output());
  CHECK(result.exit_code == kFails);
  std::istringstream lines(result.out);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    CHECK(line.starts_with("{\"verdict\":\""));
    CHECK(line.ends_with("\"}"));
  }
  CHECK(count == 14);
  // Which broker that sidecar would have, the defaults do not tell.
  CHECK_THAT(result.out, ContainsSubstring("{\"verdict\":\"skip\",\"check\":\"broker\""));
}

TEST_CASE("doctor refuses a command line that makes no sense") {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"doctor", "--send"},
                                                    {"doctor", "--routing-key", "k"},
                                                    {"doctor", "--timeout", "soon"},
                                                    {"doctor", "--queue", "\xFF"}}) {
    const RunResult result = RunSidecar(arguments);
    INFO(result.output());
    CHECK(result.exit_code == kUsageError);
  }
}

TEST_CASE("doctor finds an alarm of the broker, whether the sidecar knows of it or not",
          "[disturbs]") {
  // What it leaves behind can be told on a node that nobody else uses now.
  DoctorWorld world(RabbitmqNode::Disturbed());
  OnExit calm([&] { world.node.Ctl({"set_vm_memory_high_watermark", "0.4"}); });
  world.node.Ctl({"set_vm_memory_high_watermark", "0.00001"});
  // The broker tells those that publish, so this one is the first to hear.
  const Diagnosis unknown = world.Look(world.Names());
  CHECK(unknown.exit_code == kFails);
  CheckVerdicts(unknown, {{"broker", "ok"},
                          {"queue", "ok"},
                          {"exchange", "ok"},
                          {"alarms", "fail"},
                          {"round trip", "fail"}});
  CHECK_THAT(unknown.lines.at("alarms").found, ContainsSubstring("low on memory"));
  const Diagnosis known = world.Look(world.Names());
  CHECK(known.exit_code == kFails);
  CheckVerdicts(
      known,
      {{"broker", "ok"}, {"alarms", "fail"}, {"permissions", "skip"}, {"round trip", "skip"}});
  calm.Now();
  CHECK(Eventually(10s, [&] { return world.Look(world.Names()).exit_code == 0; }));
  CHECK(Eventually(5s, [&] { return TemporaryQueues(world.node) == 0; }));
}

}  // namespace
}  // namespace amqp_sidecar::test
