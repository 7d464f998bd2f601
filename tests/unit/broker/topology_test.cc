// The calls about topology, and what is known of it.
#include "broker/topology.h"

#include <optional>

#include "support/catch.h"
#include "unit/broker/topology_world.h"

namespace amqp_sidecar::broker {
namespace {

TEST_CASE("where the topology is not this sidecar's, calls that change it are refused") {
  for (const auto& [mode, name] : {std::pair(TopologyMode::kVerify, "topology.mode is verify"),
                                   std::pair(TopologyMode::kNone, "topology.mode is none")}) {
    TopologyWorld world(Shop(), mode);
    world.Connect();
    world.OkAll();
    world.keeper().Declare(Orders(), world.Deadline(), world.Keep());
    world.CheckRefused(Reason::kAccessRefused, name);
    world.keeper().DeleteQueue("first", false, false, world.Deadline(), world.Keep());
    world.CheckRefused(Reason::kAccessRefused, name);
    world.keeper().DeleteExchange("orders", false, world.Deadline(), world.Keep());
    world.CheckRefused(Reason::kAccessRefused, name);
    world.keeper().UnbindQueue({"billing", "orders", "order.*", {}}, world.Deadline(),
                               world.Keep());
    world.CheckRefused(Reason::kAccessRefused, name);
    world.keeper().GetQueue("first", world.Deadline(), world.Keep());
    world.ground().reactor.Settle();
    CHECK(world.OkAllAsked() == Strings{"check-queue first"});
    CHECK_FALSE(world.Result().error);
    world.keeper().PurgeQueue("first", world.Deadline(), world.Keep());
    world.ground().reactor.Settle();
    world.IsOfType("classic");
    CHECK(world.OkAllAsked() == Strings{"purge first"});
    CHECK_FALSE(world.Result().error);
  }
}

TEST_CASE("the dead-letter exchange of a queue is known from its arguments") {
  Topology topology = Shop();
  topology.queues[0].arguments["x-dead-letter-exchange"].value = std::string();
  TopologyWorld world(topology);
  CHECK(world.keeper().DeadLetterExchangeOf("billing") == "dead");
  CHECK(world.keeper().DeadLetterExchangeOf("first") == "");
  CHECK(world.keeper().DeadLetterExchangeOf("last") == std::nullopt);
  CHECK(world.keeper().DeadLetterExchangeOf("unheard of") == std::nullopt);
  world.Connect();
  world.OkAll();
  world.keeper().DeleteQueue("billing", false, false, world.Deadline(), world.Keep());
  world.ground().reactor.Settle();
  world.OkAll();
  CHECK(world.keeper().DeadLetterExchangeOf("billing") == std::nullopt);
}

// Without asking; an untyped queue may be of any type.
TEST_CASE("the type of a queue is known from its declare where that names quorum or stream") {
  Topology topology = Shop();
  topology.queues[2].arguments["x-queue-type"].value = std::string("stream");
  TopologyWorld world(topology);
  world.Connect();
  world.OkAll();
  std::vector<std::optional<QueueKind>> kinds;
  for (const char* queue : {"billing", "last", "first"}) {
    world.types().Find(queue, world.Deadline(),
                       [&](const QueueTypes::Answer& answer) { kinds.push_back(answer.kind); });
  }
  world.ground().reactor.Settle();
  CHECK(kinds == std::vector<std::optional<QueueKind>>{QueueKind::kQuorum, QueueKind::kStream});
  CHECK(world.Asked() == Strings{"declare-queue first"});
}

TEST_CASE("what is only looked for may be of another type than is configured") {
  TopologyWorld world(Shop(), TopologyMode::kVerify);
  world.Connect();
  world.OkAll();
  world.types().Find("billing", world.Deadline(), [](const QueueTypes::Answer&) {});
  world.ground().reactor.Settle();
  CHECK(world.Asked() == Strings{"declare-queue billing"});
}

TEST_CASE("a queue's type is asked for anew before what depends on it is sent") {
  TopologyWorld world(Shop());
  world.Connect();
  world.OkAll();
  world.keeper().PurgeQueue("billing", world.Deadline(), world.Keep());
  world.ground().reactor.Settle();
  CHECK(world.Asked() == Strings{"declare-queue billing"});
  world.IsOfType("stream");
  world.CheckRefused(Reason::kInvalidTopology, "is a stream");
}

TEST_CASE("a delete with conditions reaches the broker for classic queues only") {
  for (const bool if_unused : {true, false}) {
    TopologyWorld world;
    world.Connect();
    world.OkAll();
    const auto remove = [&] {
      world.keeper().DeleteQueue("q", if_unused, !if_unused, world.Deadline(), world.Keep());
      world.ground().reactor.Settle();
      CHECK(world.Asked() == Strings{"declare-queue q"});
    };
    remove();
    world.IsOfType("quorum");
    world.CheckRefused(Reason::kInvalidTopology, "is a quorum queue");
    remove();
    world.IsOfType("stream");
    world.CheckRefused(Reason::kInvalidTopology, "is a stream queue");
    remove();
    world.Refuse(403, "ACCESS_REFUSED - access to queue 'q' in vhost '/' refused for user 'u'");
    world.CheckRefused(Reason::kAccessRefused, "is not known");
    remove();
    world.IsOfType("classic");
    CHECK(world.OkAllAsked() ==
          Strings{if_unused ? "delete-queue q if-unused" : "delete-queue q if-empty"});
    CHECK_FALSE(world.Result().error);
  }
}

TEST_CASE("a delete with conditions of what is not there is OK, and it is not declared again") {
  TopologyWorld world(Shop());
  world.Connect();
  world.OkAll();
  world.keeper().DeleteQueue("billing", true, true, world.Deadline(), world.Keep());
  world.ground().reactor.Settle();
  world.Refuse(406,
               "PRECONDITION_FAILED - invalid arg 'x-queue-type' for queue 'billing' in vhost '/': "
               "\"unsupported queue type 'amqp-sidecar-asks'\"");
  CHECK(world.AsksNothing());
  CHECK_FALSE(world.Result().error);
  world.Lose();
  world.Connect();
  CHECK(world.OkAllAsked() ==
        Strings{"declare-exchange orders", "declare-queue first", "declare-queue last"});
}

TEST_CASE("a purge reaches the broker for what can be purged only") {
  TopologyWorld world;
  world.Connect();
  world.OkAll();
  const auto purge = [&] {
    world.keeper().PurgeQueue("q", world.Deadline(), world.Keep());
    world.ground().reactor.Settle();
    CHECK(world.Asked() == Strings{"declare-queue q"});
  };
  purge();
  world.IsOfType("stream");
  world.CheckRefused(Reason::kInvalidTopology, "is a stream");
  purge();
  world.Refuse(406,
               "PRECONDITION_FAILED - invalid arg 'x-queue-type' for queue 'q' in vhost '/': "
               "\"unsupported queue type 'amqp-sidecar-asks'\"");
  world.CheckRefused(Reason::kQueueNotFound, "does not exist");
  purge();
  world.Refuse(403, "ACCESS_REFUSED - access to queue 'q' in vhost '/' refused for user 'u'");
  world.CheckRefused(Reason::kAccessRefused, "is not known");
  for (const char* type : {"classic", "quorum"}) {
    purge();
    world.IsOfType(type);
    CHECK(world.OkAllAsked() == Strings{"purge q"});
    CHECK_FALSE(world.Result().error);
  }
}

// The broker's words are the same for both, and for the reverse.
TEST_CASE("an exclusive queue that is one's own is a conflict, another's is not to be had") {
  const std::string locked =
      "RESOURCE_LOCKED - cannot obtain exclusive access to locked queue 'q' in vhost '/'";
  for (const bool asked_exclusive : {true, false}) {
    TopologyWorld world;
    world.Connect();
    world.OkAll();
    Topology topology;
    topology.queues.push_back({.name = "q", .exclusive = asked_exclusive});
    world.keeper().Declare(topology, world.Deadline(), world.Keep());
    world.ground().reactor.Settle();
    world.Refuse(405, locked);
    CHECK(world.Asked() == Strings{"check-queue q"});
    world.Ok();
    world.CheckRefused(Reason::kTopologyConflict,
                       asked_exclusive
                           ? "exclusive is \"false\" in the broker, and \"true\" was asked for"
                           : "exclusive is \"true\" in the broker, and \"false\" was asked for");
    world.keeper().Declare(topology, world.Deadline(), world.Keep());
    world.ground().reactor.Settle();
    world.Refuse(405, locked);
    world.Refuse(405, locked);
    world.CheckRefused(Reason::kQueueExclusive, "locked queue");
  }
}

TEST_CASE("a comparison tells what is missing, what differs and what it cannot tell") {
  Topology topology = Shop();
  topology.exchanges.push_back({"missing", "topic"});
  topology.queues.push_back({.name = "mine", .exclusive = true});
  topology.queues.push_back({.name = "locked"});
  topology.queues.push_back({.name = "forbidden"});
  TopologyWorld world(topology, TopologyMode::kNone);
  world.Connect();
  std::optional<TopologyComparison> comparison;
  world.keeper().Compare(world.Deadline(), [&](TopologyComparison done) { comparison = done; });
  world.ground().reactor.Settle();
  CHECK(world.Asked() == Strings{"check-exchange amq.direct"});
  world.Ok();
  // Right behind one another: what is not there is not declared.
  CHECK(world.Asked() == Strings{"check-exchange orders", "declare-exchange orders"});
  world.Ok();
  world.Refuse(406,
               "PRECONDITION_FAILED - inequivalent arg 'type' for exchange 'orders' in vhost '/': "
               "received 'topic' but current is 'direct'");
  world.Refuse(404, "NOT_FOUND - no exchange 'missing' in vhost '/'");
  CHECK(world.Asked() == Strings{"check-queue first", "declare-queue first"});
  world.Ok();
  world.Ok();
  world.Ok();
  world.Refuse(406, "PRECONDITION_FAILED - invalid property 'non-durable' for queue 'billing'");
  CHECK(world.Asked() == Strings{"check-queue last", "declare-queue last"});
  world.Ok();
  world.Ok();
  CHECK(world.Asked() == Strings{"check-queue locked", "declare-queue locked"});
  world.Refuse(405, "RESOURCE_LOCKED - cannot obtain exclusive access to locked queue 'locked'");
  world.Ok();
  world.Refuse(403, "ACCESS_REFUSED - access to queue 'forbidden' in vhost '/' refused");
  CHECK(world.AsksNothing());
  REQUIRE(comparison);
  CHECK_FALSE(comparison->error);
  CHECK(comparison->differences ==
        Strings{"exchange \"orders\": type is \"direct\" in the broker, and \"topic\" is "
                "configured",
                "exchange \"missing\": it is not there",
                "queue \"billing\": PRECONDITION_FAILED - invalid property 'non-durable' for queue "
                "'billing'",
                "queue \"locked\": exclusive is \"true\" in the broker, and \"false\" is "
                "configured"});
  REQUIRE(comparison->not_compared.size() == 3);
  CHECK_THAT(comparison->not_compared[0], ContainsSubstring("1 binding"));
  CHECK_THAT(comparison->not_compared[1], ContainsSubstring("queue \"mine\": it is exclusive"));
  CHECK_THAT(comparison->not_compared[2], ContainsSubstring("queue \"forbidden\": "));
}

TEST_CASE("a comparison without a broker ends with an error, whatever is to be compared") {
  for (const Topology& topology : {Topology(), Shop()}) {
    TopologyWorld world(topology, TopologyMode::kNone);
    std::optional<TopologyComparison> comparison;
    world.keeper().Compare(world.Deadline(), [&](TopologyComparison done) { comparison = done; });
    world.ground().reactor.Advance(std::chrono::seconds(6));
    REQUIRE(comparison);
    REQUIRE(comparison->error);
    CHECK(comparison->error->reason == Reason::kBrokerUnavailable);
    CHECK(comparison->differences.empty());
  }
}

}  // namespace
}  // namespace amqp_sidecar::broker
