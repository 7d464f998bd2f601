// What fails silently elsewhere has its line in the log, and never a body.
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <sstream>

#include "integration/world.h"

namespace amqp_sidecar::test {
namespace {

// The lines with all of these texts in them.
size_t CountLines(const std::string& log, const std::vector<std::string>& texts) {
  size_t count = 0;
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    count += std::ranges::all_of(
        texts, [&](const auto& text) { return line.find(text) != std::string::npos; });
  }
  return count;
}

TEST_CASE("Unroutable publishes are logged at once, with exchange and key, and then not each") {
  World world;
  const std::string exchange = world.names.Exchange("topic");
  for (int i = 0; i < 200; ++i) {
    CHECK(world.client.Publish(JsonMessage(exchange, i % 2 == 0 ? "a.b" : "c.d")).reason ==
          "UNROUTABLE");
  }
  const auto lines = [&](const std::string& key) {
    return CountLines(world.sidecar.output(), {"publish failed", "reason=UNROUTABLE",
                                               "exchange=" + exchange, "routing_key=" + key});
  };
  CHECK(Eventually(5s, [&] { return lines("a.b") >= 1 && lines("c.d") >= 1; }));
  CHECK(lines("a.b") + lines("c.d") <= 4);
  // What was held back is told with how many, at the end at the latest.
  REQUIRE(world.sidecar.Stop() == 0);
  CHECK(CountLines(world.sidecar.output(), {"publish failed", "publishes=99"}) == 2);
}

TEST_CASE("A refused body is logged by its place, and never quoted") {
  SidecarOptions options;
  options.more = "validation:\n  schema_dir: " SIDECAR_DOCS
                 "/schemas\n  rules:\n    - {exchange: \"\", schema_file: order.json}\n";
  World world(options);
  const std::string queue = world.names.Queue();
  std::string order = ReadFile(SIDECAR_DOCS "/schemas/order-example.json");
  order.replace(order.find("4711"), 4, "\"hunter2\"");
  const Outcome outcome = world.client.Publish(JsonMessage("", queue, order));
  // The caller, whose body it is, is told more.
  CHECK(outcome.reason == "INVALID_BODY");
  CHECK_THAT(outcome.text, ContainsSubstring("hunter2"));
  CHECK(Eventually(5s, [&] {
    return CountLines(world.sidecar.output(),
                      {"publish failed", "reason=INVALID_BODY", "/order_id"}) == 1;
  }));
  CHECK_THAT(world.sidecar.output(), !ContainsSubstring("hunter2"));
}

TEST_CASE("The last invalid deliveries of a burst are told without another one") {
  World world;
  const std::string queue = world.names.Queue();
  Direct::Message broken;
  broken.body = "{broken";
  broken.content_type = "application/json";
  for (int i = 0; i < 50; ++i) world.direct.Publish("", queue, broken);
  Subscription subscription(world.client, queue);
  REQUIRE(subscription.WaitForDeliveries(50));
  const auto told = [&] {
    uint64_t all = 0;
    const std::string log = world.sidecar.output();
    for (size_t at = 0; (at = log.find(" deliveries=", at)) != std::string::npos; ++at) {
      all += std::stoull(log.substr(at + 12));
    }
    return all;
  };
  CHECK(Eventually(5s, [&] { return told() == 50; }));
}

TEST_CASE("A log in JSON is JSON, line by line") {
  SidecarOptions options;
  options.more = "log: {format: json}\n";
  World world(options);
  CHECK(!world.client.Publish(JsonMessage("", "no \"such\" queue\n")).ok());
  REQUIRE(Eventually(
      5s, [&] { return CountLines(world.sidecar.output(), {"\"msg\":\"publish failed\""}) == 1; }));
  std::istringstream lines(world.sidecar.output());
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("listening on")) continue;
    google::protobuf::Struct object;
    INFO(line);
    CHECK(google::protobuf::util::JsonStringToMessage(line, &object).ok());
  }
}

}  // namespace
}  // namespace amqp_sidecar::test
