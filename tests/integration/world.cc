#include "integration/world.h"

#include <unistd.h>

#include <atomic>

namespace amqp_sidecar::test {

std::string UniqueName(const std::string& what) {
  static std::atomic<int> count = 0;
  return "it-" + std::to_string(getpid()) + "-" + std::to_string(++count) + "-" + what;
}

// On a connection of its own: the test may have left the other one anywhere.
Names::~Names() {
  try {
    Direct direct(node_.port());
    for (const std::string& queue : queues_) direct.DeleteQueue(queue);
    for (const std::string& exchange : exchanges_) direct.DeleteExchange(exchange);
  } catch (const std::exception& error) {
    WARN("the clean-up failed: " << error.what());
  }
}

std::string Names::Queue(const Direct::Arguments& arguments) {
  queues_.push_back(UniqueName("q"));
  direct_.DeclareQueue(queues_.back(), arguments);
  return queues_.back();
}

std::string Names::Exchange(const std::string& type) {
  exchanges_.push_back(UniqueName("x"));
  direct_.DeclareExchange(exchanges_.back(), type);
  return exchanges_.back();
}

std::string Names::ExchangeTo(const std::string& queue, const std::string& key) {
  const std::string exchange = Exchange("topic");
  direct_.Bind(queue, exchange, key);
  return exchange;
}

// Deleting what is not there is no failure to the broker, so the kind need not be known.
std::string Names::Reserve(const std::string& what) {
  const std::string name = UniqueName(what);
  queues_.push_back(name);
  exchanges_.push_back(name);
  return name;
}

std::string Names::DeadOf(const std::string& queue) {
  queues_.push_back(queue + ".dead");
  return queues_.back();
}

SidecarOptions ForNode(SidecarOptions options, const RabbitmqNode& node) {
  if (options.uri.empty()) options.uri = node.uri();
  return options;
}

void CheckFailure(const Outcome& outcome, grpc::StatusCode code, const std::string& reason,
                  const std::string& persisted) {
  INFO(outcome);
  CHECK(outcome.code == code);
  CHECK(outcome.reason == reason);
  CHECK(outcome.persisted == persisted);
  CHECK(outcome.domain == "amqp-sidecar");
  CHECK_FALSE(outcome.text.empty());
}

Outcome AnswerWithoutLink(Client& client) {
  Outcome outcome;
  Eventually(5s, [&] {
    outcome = client.Publish(JsonMessage("", "nowhere"), 500ms);
    return outcome.code != grpc::StatusCode::DEADLINE_EXCEEDED;
  });
  return outcome;
}

World::World(SidecarOptions options, const RabbitmqNode& on)
    : node(on),
      names(node),
      direct(names.direct()),
      sidecar(ForNode(std::move(options), node)),
      client(sidecar.target()) {
  sidecar.WaitReady();
}

namespace {

SidecarOptions Through(const TcpProxy& proxy, SidecarOptions options) {
  options.uri = proxy.uri();
  options.amqp += kFastReconnect;
  return options;
}

}  // namespace

ProxiedWorld::ProxiedWorld(SidecarOptions options)
    : node(RabbitmqNode::Shared()),
      names(node),
      direct(names.direct()),
      proxy(node.port()),
      sidecar(Through(proxy, std::move(options))),
      client(sidecar.target()) {
  sidecar.WaitReady();
}

}  // namespace amqp_sidecar::test
