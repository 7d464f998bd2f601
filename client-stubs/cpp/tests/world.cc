#include "world.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

extern char** environ;

namespace amqp_sidecar::test {
namespace {

const char* Required(const char* variable) {
  const char* value = std::getenv(variable);
  if (value == nullptr) throw std::runtime_error(std::string(variable) + " is not set");
  return value;
}

}  // namespace

World& World::Get() {
  static World world;
  return world;
}

World::World() {
  std::string script = Required("SIDECAR_STUB_WORLD");
  int to_child[2];
  int from_child[2];
  if (pipe(to_child) != 0 || pipe(from_child) != 0) throw std::runtime_error("no pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, to_child[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, from_child[1], STDOUT_FILENO);
  for (const int fd : {to_child[0], to_child[1], from_child[0], from_child[1]}) {
    posix_spawn_file_actions_addclose(&actions, fd);
  }
  std::string python = "python3";
  std::vector<char*> argv = {python.data(), script.data(), nullptr};
  const int failed = posix_spawnp(&pid_, "python3", &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(to_child[0]);
  close(from_child[1]);
  if (failed != 0) throw std::runtime_error("the world does not start");
  in_ = fdopen(to_child[1], "w");
  out_ = fdopen(from_child[0], "r");
}

// The end of its input ends it and what it started.
World::~World() {
  std::fclose(in_);
  waitpid(pid_, nullptr, 0);
  std::fclose(out_);
}

std::string World::Ask(const std::string& command) {
  std::fprintf(in_, "%s\n", command.c_str());
  std::fflush(in_);
  char* line = nullptr;
  std::size_t room = 0;
  const ssize_t size = getline(&line, &room, out_);
  std::string answer(line != nullptr && size > 0 ? line : "");
  std::free(line);
  if (answer.empty()) throw std::runtime_error("the world has ended");
  const nlohmann::json parsed = nlohmann::json::parse(answer);
  if (!parsed["ok"].get<bool>()) {
    throw std::runtime_error(command + ": " + parsed["error"].get<std::string>());
  }
  return answer;
}

std::string World::Start(const std::string& name, const std::string& options) {
  std::string command = R"({"do": "start", "name": ")" + name + '"';
  if (!options.empty()) command += ", " + options;
  const nlohmann::json answer = nlohmann::json::parse(Ask(command + "}"));
  tcp_ = answer.value("tcp", nlohmann::json()).is_string() ? answer["tcp"] : "";
  return answer["address"];
}

void World::Do(const std::string& verb, const std::string& name) {
  Ask(nlohmann::json{{"do", verb}, {"name", name}}.dump());
}

int World::Ended(const std::string& name) {
  return nlohmann::json::parse(Ask(nlohmann::json{{"do", "ended"}, {"name", name}}.dump()))["code"];
}

void World::Alarm(bool on) { Ask(nlohmann::json{{"do", "alarm"}, {"on", on}}.dump()); }

const std::string& SharedAddress() {
  static const std::string address = World::Get().Start("shared", R"("tcp": true)");
  return address;
}

Client NewClient() { return Client(SharedAddress()); }

std::string Fresh(const std::string& stem) {
  static int count = 0;
  return "cpp." + stem + "." + std::to_string(getpid()) + "." + std::to_string(++count);
}

std::string FreshQueue(Client& client, const Table& arguments, QueueType type) {
  std::string name = Fresh("queue");
  client.Declare({.queues = {{.name = name, .type = type, .arguments = arguments}}});
  return name;
}

std::uint64_t CountOf(Client& client, const std::string& queue) {
  return client.GetQueue(queue).message_count;
}

}  // namespace amqp_sidecar::test
