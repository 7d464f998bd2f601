#include "broker/topology.h"

#include <memory>

#include "support/catch.h"
#include "unit/broker/fakes.h"

namespace amqp_sidecar::broker {
namespace {

class World {
 public:
  void Connect() {
    connection_ = std::make_unique<FakeConnection>();
    scratch_.LinkUp(*connection_);
    keeper_.LinkUp();
    ground_.reactor.Settle();
  }
  // The broker closes the connection.
  void Lose(uint16_t code) {
    connection_->Lose();
    scratch_.LinkDown({amqp::Failure::Kind::kClosedByBroker, code, "INTERNAL_ERROR"});
    keeper_.LinkDown();
    ground_.reactor.Settle();
  }
  std::vector<std::string> Asked() const { return connection_->channels.back()->pending(); }
  void Ok() {
    connection_->channels.back()->Ok();
    ground_.reactor.Settle();
  }
  bool AsksNothing() const { return connection_->channels.empty() || Asked().empty(); }
  TopologyKeeper& keeper() { return keeper_; }

 private:
  static Topology Configured() {
    Topology topology;
    topology.exchanges.push_back({"orders", "x-odd"});
    return topology;
  }

  Ground ground_;
  std::unique_ptr<FakeConnection> connection_;
  ScratchChannel scratch_{ground_.reactor, ground_.link};
  ExchangeDirectory directory_{scratch_};
  TopologyKeeper keeper_{ground_.reactor, scratch_, directory_, Configured(), [] {}};
};

TEST_CASE("an item that was being declared when the broker failed is declared again") {
  World world;
  world.Connect();
  world.Lose(541);
  world.Connect();
  CHECK(world.Asked() == std::vector<std::string>{"declare-exchange orders"});
  world.Ok();
  CHECK(world.keeper().ready());
  CHECK(world.keeper().error().empty());
  // What went well once begins anew.
  world.Lose(320);
  world.Connect();
  world.Lose(541);
  world.Connect();
  CHECK(world.Asked() == std::vector<std::string>{"declare-exchange orders"});
}

TEST_CASE("an item that costs one connection after another is not declared again") {
  World world;
  world.Connect();
  world.Lose(541);
  world.Connect();
  world.Lose(541);
  world.Connect();
  CHECK(world.AsksNothing());
  CHECK(world.keeper().ready());
  CHECK_FALSE(world.keeper().error().empty());
}

}  // namespace
}  // namespace amqp_sidecar::broker
