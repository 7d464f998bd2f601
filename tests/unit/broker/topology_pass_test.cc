// What happens on each link: everything that is kept is declared, or looked for, and nothing else.
#include "broker/topology_pass.h"

#include <algorithm>

#include "support/catch.h"
#include "unit/broker/topology_world.h"

namespace amqp_sidecar::broker {
namespace {

TEST_CASE("an item that was being declared when the broker failed is declared again") {
  TopologyWorld world;
  world.Connect();
  world.Lose(541);
  world.Connect();
  CHECK(world.Asked() == Strings{"declare-exchange orders"});
  world.Ok();
  CHECK(world.keeper().ready());
  CHECK(world.keeper().error().empty());
  // What went well once begins anew.
  world.Lose(320);
  world.Connect();
  world.Lose(541);
  world.Connect();
  CHECK(world.Asked() == Strings{"declare-exchange orders"});
}

TEST_CASE("an item that costs one connection after another is not declared again") {
  TopologyWorld world;
  world.Connect();
  world.Lose(541);
  world.Connect();
  world.Lose(541);
  world.Connect();
  CHECK(world.AsksNothing());
  CHECK(world.keeper().ready());
  CHECK_FALSE(world.keeper().error().empty());
}

TEST_CASE("topology is declared in order, and again on every link, with what calls declared") {
  TopologyWorld world(Shop());
  world.Connect();
  CHECK(world.OkAllAsked() == kDeclareShop);
  Topology more;
  more.queues.push_back({"more"});
  more.bindings.push_back({"more", "orders", "k", {}});
  world.keeper().Declare(more, world.Deadline(), world.Keep());
  world.ground().reactor.Settle();
  CHECK(world.OkAllAsked() == Strings{"declare-queue more", "bind more orders"});
  CHECK(world.Result().queue_names == Strings{"more"});
  world.Lose();
  world.Connect();
  CHECK(world.OkAllAsked() == Strings{"declare-exchange orders", "declare-queue first",
                                      "declare-queue billing", "declare-queue last",
                                      "declare-queue more", "bind billing orders",
                                      "bind more orders"});
  CHECK(world.keeper().ready());
}

// In each moment of the pass.
TEST_CASE("what is deleted by call while the topology is declared again stays deleted") {
  for (size_t moment = 0; moment <= kDeclareShop.size(); ++moment) {
    INFO(moment);
    TopologyWorld world(Shop());
    world.Connect();
    Strings asked;
    for (size_t i = 0; i < moment; ++i) {
      asked.push_back(world.Asked().front());
      world.Ok();
    }
    world.keeper().DeleteQueue("billing", false, false, world.Deadline(), world.Keep());
    world.ground().reactor.Settle();
    for (const std::string& one : world.OkAllAsked()) asked.push_back(one);
    CHECK_FALSE(world.Result().error);
    const auto deleted = std::ranges::find(asked, "delete-queue billing");
    REQUIRE(deleted != asked.end());
    CHECK(std::find(deleted, asked.end(), "declare-queue billing") == asked.end());
    CHECK(std::find(deleted, asked.end(), "bind billing orders") == asked.end());
    CHECK(std::ranges::find(asked, "declare-queue last") != asked.end());
    CHECK(world.keeper().ready());
    CHECK(world.keeper().error().empty());
  }
}

TEST_CASE("what is unbound, or loses its exchange, while the topology is declared stays so") {
  TopologyWorld unbinding(Shop());
  unbinding.Connect();
  for (int i = 0; i < 3; ++i) unbinding.Ok();
  unbinding.keeper().UnbindQueue({"billing", "orders", "order.*", {}}, unbinding.Deadline(),
                                 unbinding.Keep());
  unbinding.ground().reactor.Settle();
  CHECK(unbinding.OkAllAsked() == Strings{"declare-queue last", "unbind billing orders"});
  CHECK(unbinding.keeper().ready());

  TopologyWorld deleting(Shop());
  deleting.Connect();
  for (int i = 0; i < 3; ++i) deleting.Ok();
  deleting.keeper().DeleteExchange("orders", false, deleting.Deadline(), deleting.Keep());
  deleting.ground().reactor.Settle();
  CHECK(deleting.OkAllAsked() == Strings{"declare-queue last", "delete-exchange orders"});
  CHECK(deleting.keeper().ready());
}

TEST_CASE("what is deleted before its turn is not taken to be there") {
  TopologyWorld world(Shop());
  world.keeper().DeleteExchange("orders", false, world.Deadline(), [](const TopologyResult&) {});
  world.keeper().DeleteQueue("billing", false, false, world.Deadline(),
                             [](const TopologyResult&) {});
  world.Connect();
  CHECK(world.OkAllAsked() == Strings{"delete-exchange orders", "delete-queue billing",
                                      "declare-queue first", "declare-queue last"});
  CHECK(world.keeper().ready());
  CHECK_FALSE(world.directory().Knows("orders"));
  world.types().Find("billing", world.Deadline(), [](const QueueTypes::Answer&) {});
  world.ground().reactor.Settle();
  CHECK(world.Asked() == Strings{"declare-queue billing"});
}

TEST_CASE("a delete that was refused changes nothing of what is declared") {
  TopologyWorld world(Shop());
  world.Connect();
  world.Ok();
  world.keeper().DeleteExchange("orders", true, world.Deadline(), world.Keep());
  world.ground().reactor.Settle();
  world.Ok();
  world.Refuse(406, "PRECONDITION_FAILED - exchange 'orders' in vhost '/' in use");
  CHECK(world.OkAllAsked() ==
        Strings{"declare-queue billing", "declare-queue last", "bind billing orders"});
  CHECK(world.Result().error->reason == Reason::kQueueInUse);
  world.Lose();
  world.Connect();
  CHECK(world.OkAllAsked() == kDeclareShop);
}

TEST_CASE("a delete that the lost link left open is not undone on the next") {
  TopologyWorld world(Shop());
  world.Connect();
  world.OkAll();
  world.keeper().DeleteQueue("billing", false, false, world.Deadline(), world.Keep());
  world.ground().reactor.Settle();
  world.Lose();
  SECTION("it is sent again, before the topology is declared") {
    world.Connect();
    CHECK(world.OkAllAsked() == Strings{"delete-queue billing", "declare-exchange orders",
                                        "declare-queue first", "declare-queue last"});
    CHECK_FALSE(world.Result().error);
  }
  SECTION("its time runs out: nobody knows, and it is not declared again") {
    world.ground().reactor.Advance(std::chrono::seconds(6));
    CHECK(world.Result().error->reason == Reason::kOutcomeUnknown);
    world.Connect();
    CHECK(world.OkAllAsked() ==
          Strings{"declare-exchange orders", "declare-queue first", "declare-queue last"});
  }
}

TEST_CASE("a refused item is told with the property that differs, and tried again") {
  TopologyWorld world(Shop());
  world.Connect();
  world.Ok();
  world.Refuse(406,
               "PRECONDITION_FAILED - inequivalent arg 'durable' for queue 'first' in vhost '/': "
               "received 'true' but current is 'false'");
  CHECK(world.OkAllAsked() ==
        Strings{"declare-queue billing", "declare-queue last", "bind billing orders"});
  CHECK(world.keeper().ready());
  CHECK(world.keeper().error() ==
        "queue \"first\": it exists with another property: durable is \"false\" in the broker, "
        "and \"true\" was asked for");
  world.ground().reactor.Advance(TopologyPass::kRetryEvery);
  CHECK(world.OkAllAsked() == kDeclareShop);
  CHECK(world.keeper().error().empty());
}

TEST_CASE("verify looks for exchanges and queues, and declares nothing") {
  TopologyWorld world(Shop(), TopologyMode::kVerify);
  world.Connect();
  CHECK_FALSE(world.keeper().ready());
  CHECK(world.Asked() == Strings{"check-exchange orders"});
  world.Ok();
  world.Refuse(404, "NOT_FOUND - no queue 'first' in vhost '/'");
  CHECK(world.OkAllAsked() == Strings{"check-queue billing", "check-queue last"});
  CHECK(world.keeper().ready());
  CHECK_THAT(world.keeper().error(),
             ContainsSubstring("queue \"first\": it is not there, and topology.mode verify"));
  world.ground().reactor.Advance(TopologyPass::kRetryEvery);
  CHECK(world.OkAllAsked() == Strings{"check-exchange orders", "check-queue first",
                                      "check-queue billing", "check-queue last"});
  CHECK(world.keeper().error().empty());
}

TEST_CASE("none neither declares nor looks, and is ready with the link") {
  TopologyWorld world(Shop(), TopologyMode::kNone);
  CHECK_FALSE(world.keeper().ready());
  world.Connect();
  CHECK(world.AsksNothing());
  CHECK(world.keeper().ready());
  CHECK(world.keeper().error().empty());
  CHECK(world.keeper().TypeOf("orders") == "topic");
  CHECK(world.keeper().DeadLetterExchangeOf("billing") == "dead");
  world.Lose();
  CHECK_FALSE(world.keeper().ready());
}

}  // namespace
}  // namespace amqp_sidecar::broker
