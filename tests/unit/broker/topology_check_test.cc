// The requests that RabbitMQ answers by closing the connection are found before they are sent.
#include "broker/topology_check.h"

#include "support/catch.h"

namespace amqp_sidecar::broker {
namespace {

std::optional<Error> CheckArgument(const char* name, FieldValue value) {
  Topology topology;
  topology.queues.push_back({.name = "q", .arguments = {{name, std::move(value)}}});
  return CheckTopology(topology);
}

std::optional<Error> CheckType(const std::string& type,
                               const std::vector<std::string>& plugin_types = {}) {
  Topology topology;
  topology.exchanges.push_back({"x", type});
  return CheckTopology(topology, plugin_types);
}

TEST_CASE("an exchange has one of the four types, or one that is listed") {
  for (const char* type : {"direct", "fanout", "topic", "headers"}) CHECK_FALSE(CheckType(type));
  for (const char* type : {"", "Direct", "x-delayed-message", "no-such"}) {
    INFO(type);
    const auto error = CheckType(type, {"x-consistent-hash"});
    REQUIRE(error);
    CHECK(error->reason == Reason::kInvalidTopology);
    CHECK_THAT(error->detail, ContainsSubstring("topology.exchange_types"));
  }
  CHECK_FALSE(CheckType("x-delayed-message", {"x-consistent-hash", "x-delayed-message"}));
}

TEST_CASE("x-max-age is digits and one unit") {
  for (const char* good :
       {"1Y", "2M", "7D", "1h", "30m", "15s", "007h", "100000000000000000000s"}) {
    INFO(good);
    CHECK_FALSE(CheckArgument("x-max-age", {std::string(good)}));
  }
  for (const char* bad :
       {"", "h", "5", "h5", "-1h", "1.5h", "1hh", "1h1", "1 h", "1w", "1d", "5x"}) {
    INFO(bad);
    const auto error = CheckArgument("x-max-age", {std::string(bad)});
    REQUIRE(error);
    CHECK(error->reason == Reason::kInvalidTopology);
    CHECK_THAT(error->detail, ContainsSubstring("queue \"q\": the argument x-max-age must be"));
  }
  CHECK(CheckArgument("x-max-age", {int64_t{5}}));
  CHECK(CheckArgument("x-max-age", {amqp::Bytes{"1h"}}));
}

TEST_CASE("x-queue-master-locator is one of three") {
  for (const char* good : {"min-masters", "client-local", "random"}) {
    CHECK_FALSE(CheckArgument("x-queue-master-locator", {std::string(good)}));
  }
  for (const char* bad : {"", "min-master", "bogus"}) {
    CHECK(CheckArgument("x-queue-master-locator", {std::string(bad)}));
  }
  CHECK(CheckArgument("x-queue-master-locator", {true}));
}

TEST_CASE("a name holds no line break, which RabbitMQ would leave out") {
  for (const char* name : {"\n", "a\nb", "a\r"}) {
    CHECK(CheckTopology({{{name, "direct"}}, {}, {}}));
    CHECK(CheckTopology({{}, {{name}}, {}}));
    CHECK(CheckTopology({{}, {}, {{name, "x", "", {}}}}));
    CHECK(CheckTopology({{}, {}, {{"q", name, "", {}}}}));
    CHECK_FALSE(CheckTopology({{}, {}, {{"q", "x", name, {}}}}));
  }
}

TEST_CASE("other arguments are the broker's to judge") {
  CHECK_FALSE(CheckArgument("x-max-length", {std::string("many")}));
}

}  // namespace
}  // namespace amqp_sidecar::broker
