#include "app/route.h"

#include "support/catch.h"

namespace amqp_sidecar::app {
namespace {

using Queues = std::vector<std::string>;

broker::Exchange Exchange(const std::string& name, const std::string& type,
                          const std::string& alternate = "") {
  broker::Exchange exchange{.name = name, .type = type};
  if (!alternate.empty()) exchange.arguments["alternate-exchange"].value = alternate;
  return exchange;
}

broker::Binding Binding(const std::string& queue, const std::string& exchange,
                        const std::string& key) {
  return {queue, exchange, key, {}};
}

TEST_CASE("a direct exchange brings a key to the queues that are bound with it") {
  broker::Topology topology;
  topology.exchanges = {Exchange("orders", "direct"), Exchange("other", "direct")};
  topology.bindings = {Binding("billing", "orders", "created"),
                       Binding("audit", "orders", "created"),
                       Binding("billing", "orders", "created"), Binding("mail", "orders", "gone"),
                       Binding("elsewhere", "other", "created")};
  CHECK(RouteOf(topology, "orders", "created").queues == Queues{"billing", "audit"});
  CHECK(RouteOf(topology, "orders", "create").queues.empty());
  CHECK_FALSE(RouteOf(topology, "orders", "create").unknown);
}

TEST_CASE("a topic exchange reads its patterns, and a fanout exchange reads no key") {
  broker::Topology topology;
  topology.exchanges = {Exchange("orders", "topic"), Exchange("all", "fanout")};
  topology.bindings = {Binding("billing", "orders", "order.*"), Binding("audit", "orders", "#"),
                       Binding("everybody", "all", "whatever")};
  CHECK(RouteOf(topology, "orders", "order.created").queues == Queues{"billing", "audit"});
  CHECK(RouteOf(topology, "orders", "order.created.eu").queues == Queues{"audit"});
  CHECK(RouteOf(topology, "all", "").queues == Queues{"everybody"});
}

TEST_CASE("exchanges that the broker has by itself are of the type that their names say") {
  broker::Topology topology;
  topology.bindings = {Binding("a", "amq.topic", "x.*"), Binding("b", "amq.direct", "x.y"),
                       Binding("c", "amq.fanout", "")};
  CHECK(RouteOf(topology, "amq.topic", "x.y").queues == Queues{"a"});
  CHECK(RouteOf(topology, "amq.direct", "x.z").queues.empty());
  CHECK(RouteOf(topology, "amq.fanout", "x.z").queues == Queues{"c"});
  CHECK(RouteOf(topology, "amq.match", "x").unknown);
}

TEST_CASE("what no binding matches goes to the alternate exchange, round a circle once") {
  broker::Topology topology;
  topology.exchanges = {Exchange("orders", "topic", "rest"), Exchange("rest", "fanout", "orders")};
  topology.bindings = {Binding("billing", "orders", "order.*")};
  CHECK(RouteOf(topology, "orders", "no").queues.empty());
  topology.bindings.push_back(Binding("lost", "rest", ""));
  CHECK(RouteOf(topology, "orders", "no").queues == Queues{"lost"});
  CHECK(RouteOf(topology, "orders", "order.created").queues == Queues{"billing"});
  topology.exchanges[0] = Exchange("orders", "topic", "nobody-knows");
  CHECK(RouteOf(topology, "orders", "no").unknown);
}

TEST_CASE("of an exchange that is not configured, or matches headers, nothing is claimed") {
  broker::Topology topology;
  topology.exchanges = {Exchange("by-header", "headers"), Exchange("late", "x-delayed-message")};
  topology.bindings = {Binding("billing", "by-header", "k"), Binding("billing", "unknown", "k")};
  for (const char* exchange : {"by-header", "late", "unknown"}) {
    INFO(exchange);
    const Route route = RouteOf(topology, exchange, "k");
    CHECK(route.queues.empty());
    REQUIRE(route.unknown);
    CHECK_THAT(*route.unknown, ContainsSubstring(exchange));
  }
}

}  // namespace
}  // namespace amqp_sidecar::app
