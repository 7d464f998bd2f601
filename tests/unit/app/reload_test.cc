// The configuration, read again: all of the rules are taken over, or none.
#include "app/reload.h"

#include <sys/stat.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.h"
#include "support/temp_file.h"

namespace amqp_sidecar::app {
namespace {

config::v1::Config Read(const ConfigSources& sources) {
  absl::StatusOr<config::v1::Config> config = ReadConfig(sources);
  REQUIRE(config.ok());
  return *std::move(config);
}

// A daemon's rules, as they are taken over.
struct World {
  explicit World(const std::string& yaml)
      : file(yaml),
        reload({file.path(), {}, {}}, Read({file.path(), {}, {}}),
               [this](auto options) { taken.push_back(std::move(options)); }) {}

  void Write(const std::string& yaml) const { std::ofstream(file.path()) << yaml; }

  test::TempFile file;
  std::vector<json::Validator::Options> taken;
  Reload reload;
};

TEST_CASE("a good configuration is taken over, again and again") {
  World world("validation: {rules: [{queue: a}]}\n");
  world.reload.Run();
  REQUIRE(world.taken.size() == 1);
  CHECK(world.taken[0].rules.size() == 1);
  world.Write("validation: {require_json: false, rules: [{queue: a}, {queue: b}]}\n");
  world.reload.Run();
  REQUIRE(world.taken.size() == 2);
  CHECK(world.taken[1].rules.size() == 2);
  CHECK_FALSE(world.taken[1].require_json);
}

TEST_CASE("of a configuration with any mistake nothing is taken over") {
  World world("validation: {rules: [{queue: a}]}\n");
  for (const char* yaml :
       {"validation: {rules: [{queue: b}, {}]}\n", "validation: {rules: [\n",
        "validation: {rules: [{queue: b, schema_file: none.json}]}\n",
        "{validation: {rules: [{queue: b}]}, amqp: {heartbeat: soon}}\n",
        "{validation: {rules: [{queue: b}]}, amqp: {password_file: /nowhere/password}}\n"}) {
    INFO(yaml);
    world.Write(yaml);
    world.reload.Run();
    CHECK(world.taken.empty());
  }
  std::remove(world.file.path().c_str());
  world.reload.Run();
  CHECK(world.taken.empty());
}

TEST_CASE("a configuration that came through a pipe is not read again") {
  World world("");
  std::remove(world.file.path().c_str());
  REQUIRE(::mkfifo(world.file.path().c_str(), 0600) == 0);
  world.reload.Run();
  CHECK(world.taken.empty());
}

TEST_CASE("sections that differ are named, but for validation") {
  const config::v1::Config defaults = Read({});
  const auto differ = [&](std::vector<std::pair<std::string, std::string>> flags) {
    return SectionsThatDiffer(defaults, Read({{}, {}, std::move(flags)}));
  };
  CHECK(differ({}).empty());
  CHECK(differ({{"validation.require_json", "false"}}).empty());
  CHECK(differ({{"drain_timeout", "3s"}}) == "drain_timeout");
  CHECK(differ({{"log.level", "debug"}, {"amqp.heartbeat", "3s"}, {"amqp.max_channels", "9"}}) ==
        "amqp, log");
}

TEST_CASE("arguments in another order are no difference") {
  const test::TempFile one("topology: {queues: [{name: q, arguments: {a: 1, b: 2, c: 3}}]}\n");
  const test::TempFile other("topology: {queues: [{name: q, arguments: {c: 3, b: 2, a: 1}}]}\n");
  CHECK(SectionsThatDiffer(Read({one.path(), {}, {}}), Read({other.path(), {}, {}})).empty());
}

}  // namespace
}  // namespace amqp_sidecar::app
