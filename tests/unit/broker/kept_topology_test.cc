#include "broker/kept_topology.h"

#include "support/catch.h"

namespace amqp_sidecar::broker {
namespace {

std::vector<std::string> Descriptions(const KeptTopology& kept) {
  std::vector<std::string> all;
  for (const TopologyItem& item : kept.Items()) all.push_back(Describe(item));
  return all;
}

TEST_CASE("items come exchanges first, then queues, then bindings, each as they came") {
  KeptTopology kept({{}, {{"zebra"}, {"ape"}}, {{"zebra", "orders", "b", {}}}});
  kept.Keep(Binding{"ape", "orders", "a", {}});
  kept.Keep(Queue{.name = "bee"});
  kept.Keep(Exchange{"orders", "topic"});
  CHECK(Descriptions(kept) ==
        std::vector<std::string>{"exchange \"orders\"", "queue \"zebra\"", "queue \"ape\"",
                                 "queue \"bee\"",
                                 "binding of queue \"zebra\" to exchange \"orders\"",
                                 "binding of queue \"ape\" to exchange \"orders\""});
  CHECK(kept.size() == 6);
}

TEST_CASE("what is kept again takes its own place, with its new properties") {
  KeptTopology kept({{}, {{"a"}, {"b"}}, {}});
  kept.Keep(Queue{.name = "a", .durable = false});
  CHECK(Descriptions(kept) == std::vector<std::string>{"queue \"a\"", "queue \"b\""});
  CHECK(kept.Keeps(Queue{.name = "a", .durable = false}));
  CHECK_FALSE(kept.Keeps(Queue{.name = "a"}));
  kept.Keep(Binding{"a", "x", "k", {}});
  kept.Keep(Binding{"a", "x", "k", {}});
  kept.Keep(Binding{"a", "x", "k", {{"n", {int64_t{1}}}}});
  CHECK(kept.size() == 4);
}

TEST_CASE("a queue or exchange that is let go of takes its bindings along, and no other") {
  const Topology topology = {
      {{"x", "topic"}, {"y", "topic"}},
      {{"a"}, {"b"}},
      {{"a", "x", "k", {}}, {"a", "y", "k", {}}, {"b", "x", "k", {}}, {"b", "y", "k", {}}}};
  KeptTopology without_queue(topology);
  without_queue.ForgetQueue("a");
  CHECK(Descriptions(without_queue) ==
        std::vector<std::string>{"exchange \"x\"", "exchange \"y\"", "queue \"b\"",
                                 "binding of queue \"b\" to exchange \"x\"",
                                 "binding of queue \"b\" to exchange \"y\""});
  KeptTopology without_exchange(topology);
  without_exchange.ForgetExchange("x");
  CHECK(Descriptions(without_exchange) ==
        std::vector<std::string>{"exchange \"y\"", "queue \"a\"", "queue \"b\"",
                                 "binding of queue \"a\" to exchange \"y\"",
                                 "binding of queue \"b\" to exchange \"y\""});
  KeptTopology without_binding(topology);
  without_binding.ForgetBinding({"a", "x", "k", {}});
  without_binding.ForgetBinding({"a", "y", "other", {}});
  CHECK(without_binding.size() == 7);
  CHECK_FALSE(without_binding.Keeps(Binding{"a", "x", "k", {}}));
}

}  // namespace
}  // namespace amqp_sidecar::broker
