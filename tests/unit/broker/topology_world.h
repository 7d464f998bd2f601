// What the tests of topology share: a keeper, the scratch channel that it works by, and a broker
// that the test plays.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "broker/topology.h"
#include "support/catch.h"
#include "unit/broker/fakes.h"

namespace amqp_sidecar::broker {

using Strings = std::vector<std::string>;

inline Topology Orders() {
  Topology topology;
  topology.exchanges.push_back({"orders", "topic"});
  return topology;
}

// A quorum queue that dead-letters, between two that do not, bound to an exchange.
inline Topology Shop() {
  Topology topology = Orders();
  topology.queues = {{"first"},
                     {.name = "billing",
                      .arguments = {{"x-dead-letter-exchange", {std::string("dead")}},
                                    {"x-queue-type", {std::string("quorum")}}}},
                     {"last"}};
  topology.bindings = {{"billing", "orders", "order.*", {}}};
  return topology;
}

class TopologyWorld {
 public:
  explicit TopologyWorld(Topology configured = Orders(), TopologyMode mode = TopologyMode::kDeclare)
      : keeper_(ground_.reactor, scratch_, directory_, types_, {std::move(configured), mode},
                [] {}) {}

  void Connect() {
    connection_ = std::make_unique<FakeConnection>();
    scratch_.LinkUp(*connection_);
    keeper_.LinkUp();
    ground_.reactor.Settle();
  }
  // The broker closes the connection.
  void Lose(uint16_t code = 320) {
    connection_->Lose();
    scratch_.LinkDown({amqp::Failure::Kind::kClosedByBroker, code, "INTERNAL_ERROR"});
    types_.Clear();
    keeper_.LinkDown();
    ground_.reactor.Settle();
  }
  Strings Asked() const {
    if (connection_->channels.empty() || !connection_->channels.back()->open()) return {};
    return connection_->channels.back()->pending();
  }
  void Ok() {
    connection_->channels.back()->Ok();
    ground_.reactor.Settle();
  }
  void OkAll() {
    while (!Asked().empty()) Ok();
  }
  void Refuse(uint16_t code, const std::string& text) {
    connection_->channels.back()->CloseByBroker(code, text);
    ground_.reactor.Settle();
  }
  void IsOfType(const std::string& type) {
    Refuse(406,
           "PRECONDITION_FAILED - inequivalent arg 'x-queue-type' for queue 'q' in vhost "
           "'/': received 'amqp-sidecar-asks' but current is '" +
               type + "'");
  }
  bool AsksNothing() const { return Asked().empty(); }
  // Answers all with OK, and says what was asked.
  Strings OkAllAsked() {
    Strings all;
    for (; !Asked().empty(); Ok()) all.push_back(Asked().front());
    return all;
  }

  base::TimePoint Deadline() { return ground_.reactor.Now() + std::chrono::seconds(5); }
  TopologyCallback Keep() {
    return [this](TopologyResult result) { results_.push_back(std::move(result)); };
  }
  // The only result so far.
  TopologyResult Result() {
    ground_.reactor.Settle();
    REQUIRE(results_.size() == 1);
    return std::exchange(results_, {})[0];
  }
  bool Answered() const { return !results_.empty(); }
  void CheckRefused(Reason reason, const std::string& words) {
    const TopologyResult result = Result();
    REQUIRE(result.error);
    CHECK(result.error->reason == reason);
    CHECK_THAT(result.error->detail, ContainsSubstring(words));
    CHECK(AsksNothing());
  }

  TopologyKeeper& keeper() { return keeper_; }
  QueueTypes& types() { return types_; }
  const ExchangeDirectory& directory() const { return directory_; }
  Ground& ground() { return ground_; }

 private:
  Ground ground_;
  std::unique_ptr<FakeConnection> connection_;
  ScratchChannel scratch_{ground_.reactor, ground_.link};
  ExchangeDirectory directory_{scratch_};
  QueueTypes types_{ground_.reactor, scratch_};
  TopologyKeeper keeper_;
  std::vector<TopologyResult> results_;
};

inline const Strings kDeclareShop = {"declare-exchange orders", "declare-queue first",
                                     "declare-queue billing", "declare-queue last",
                                     "bind billing orders"};

}  // namespace amqp_sidecar::broker
