#include "support/rabbitmq_node.h"

#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "support/eventually.h"
#include "support/net.h"
#include "support/subprocess.h"
#include "support/temp_dir.h"

namespace amqp_sidecar::test {
namespace {

constexpr std::chrono::minutes kStartLimit{2};

std::string Script(const std::string& dir, std::vector<std::string> arguments,
                   const std::vector<std::string>& environment = {}) {
  arguments.insert(arguments.begin() + 1, dir);
  arguments.insert(arguments.begin(), RABBITMQ_NODE_SCRIPT);
  const RunResult result = Run(arguments, environment, kStartLimit);
  if (result.exit_code != 0) throw std::runtime_error(arguments[1] + ": " + result.output());
  return result.out;
}

bool AllThreadsStopped(pid_t pid) {
  const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks)) {
    const std::string stat = ReadFile(task.path().string() + "/stat");
    // "123 (name) T ...": the name may hold anything.
    const size_t state = stat.rfind(") ") + 2;
    if (state >= stat.size() || stat[state] != 'T') return false;
  }
  return true;
}

// The value of NAME=... in the node's file for shells.
std::string Variable(const std::string& env, const std::string& name) {
  const size_t at = env.find(name + "=");
  if (at == std::string::npos) return "";
  const size_t begin = at + name.size() + 1;
  return env.substr(begin, env.find('\n', begin) - begin);
}

// 0 where there is none.
uint16_t PortIn(const std::string& env, const std::string& name) {
  return static_cast<uint16_t>(std::atoi(Variable(env, name).c_str()));
}

}  // namespace

RabbitmqNode RabbitmqNode::Shared() { return RabbitmqNode(RABBITMQ_NODE_FOLDER "/shared"); }
RabbitmqNode RabbitmqNode::Disturbed() { return RabbitmqNode(RABBITMQ_NODE_FOLDER "/disturbed"); }

RabbitmqNode RabbitmqNode::Drilled() { return RabbitmqNode(RABBITMQ_NODE_FOLDER "/drilled"); }

std::vector<RabbitmqNode> RabbitmqNode::Cluster() {
  return {RabbitmqNode(RABBITMQ_NODE_FOLDER "/cluster-1"),
          RabbitmqNode(RABBITMQ_NODE_FOLDER "/cluster-2"),
          RabbitmqNode(RABBITMQ_NODE_FOLDER "/cluster-3")};
}

RabbitmqNode RabbitmqNode::Start(const std::string& dir,
                                 const std::vector<std::string>& environment) {
  Script(dir, {"start"}, environment);
  return RabbitmqNode(dir);
}

void RabbitmqNode::Stop() const { Script(dir_, {"stop"}); }

RabbitmqNode::RabbitmqNode(std::string dir) : dir_(std::move(dir)) {
  const std::string env = ReadFile(dir_ + "/env");
  port_ = PortIn(env, "RABBITMQ_PORT");
  tls_port_ = PortIn(env, "RABBITMQ_TLS_PORT");
  name_ = Variable(env, "RABBITMQ_NODENAME");
  if (port_ == 0) {
    throw std::runtime_error("no RabbitMQ node runs: start it by ctest, or by " +
                             std::string(RABBITMQ_NODE_SCRIPT) + " start " + dir_);
  }
}

std::string RabbitmqNode::uri() const {
  return "amqp://guest:guest@127.0.0.1:" + std::to_string(port_) + "/";
}

std::string RabbitmqNode::Ctl(const std::vector<std::string>& arguments) const {
  std::vector<std::string> all = {"ctl"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return Script(dir_, all);
}

void RabbitmqNode::Kill() const { Script(dir_, {"kill"}); }
void RabbitmqNode::Resume() const { Script(dir_, {"resume"}); }
void RabbitmqNode::Shutdown() const { Script(dir_, {"shutdown"}); }
bool RabbitmqNode::Accepts() const { return AnswersOnPort(port_); }

// A thread that runs when the signal is sent stops a little later: the broker may still answer
// until then.
void RabbitmqNode::Freeze() const {
  const pid_t frozen = pid();
  kill(frozen, SIGSTOP);
  if (!Eventually(std::chrono::seconds(5), [&] { return AllThreadsStopped(frozen); })) {
    throw std::runtime_error("the node in " + dir_ + " does not stop");
  }
}

void RabbitmqNode::SyncDeclarations() const {
  Ctl({"eval", "mnesia:sync_log(), [dets:sync(Table) || Table <- dets:all()]."});
}

void RabbitmqNode::Thaw() const { kill(pid(), SIGCONT); }

pid_t RabbitmqNode::pid() const {
  const pid_t pid = std::atoi(ReadFile(dir_ + "/beam.pid").c_str());
  if (pid <= 1) throw std::runtime_error("the node in " + dir_ + " has no pid");
  return pid;
}

}  // namespace amqp_sidecar::test
