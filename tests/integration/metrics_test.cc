// /metrics: names and labels as golden/metrics.txt has them, which the documents, the dashboard and
// the alert rules are held against.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "integration/world.h"
#include "support/metrics_text.h"

namespace amqp_sidecar::test {
namespace {

constexpr char kGolden[] = SIDECAR_TESTS_FOLDER "/integration/golden/metrics.txt";

std::string ReadAll(const char* path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// With SIDECAR_WRITE_GOLDEN set, the file is made anew.
TEST_CASE("The names, labels and meanings of the metrics are those that are promised") {
  SidecarOptions options;
  World world(options);
  const std::string queue = world.names.Queue();
  Subscription subscription(world.client, queue);
  REQUIRE(subscription.WaitForEvents(1));
  std::string seen;
  for (std::string name :
       MetricsText(HttpGet(world.sidecar.admin_port(), "/metrics").body).Names()) {
    if (const size_t at = name.find(queue); at != std::string::npos) {
      name.replace(at, queue.size(), "billing");
    }
    if (name.starts_with("amqp_sidecar_build_info"))
      name = "amqp_sidecar_build_info{version=\"...\"}";
    seen += name + "\n";
  }
  if (std::getenv("SIDECAR_WRITE_GOLDEN") != nullptr) std::ofstream(kGolden) << seen;
  CHECK(seen == ReadAll(kGolden));
}

TEST_CASE("Queues with made-up names share one label, and a second consumer adds to its queue's") {
  World world;
  const std::string queue = world.names.Queue();
  pb::SubscribeRequest temporary;
  temporary.add_bindings()->set_exchange("amq.topic");
  temporary.mutable_bindings(0)->set_routing_key("none");
  Subscription first(world.client, temporary);
  Subscription second(world.client, temporary);
  Subscription third(world.client, queue);
  Subscription fourth(world.client, queue);
  for (const Subscription* each : {&first, &second, &third, &fourth}) {
    REQUIRE(each->WaitForEvents(1));
  }
  const MetricsText metrics(HttpGet(world.sidecar.admin_port(), "/metrics").body);
  CHECK(metrics["subscriptions{queue=\"(temporary)\",state=\"active\"}"] == 2);
  CHECK(metrics["subscriptions{queue=\"" + queue + "\",state=\"active\"}"] == 2);
}

TEST_CASE("What the broker confirmed is in the histograms") {
  World world;
  const std::string queue = world.names.Queue();
  for (int i = 0; i < 20; ++i) REQUIRE(world.client.Publish(JsonMessage("", queue)).ok());
  const MetricsText metrics(HttpGet(world.sidecar.admin_port(), "/metrics").body);
  CHECK(metrics["publish_confirm_seconds_count"] == 20);
  CHECK(metrics["publish_confirm_seconds_bucket{le=\"+Inf\"}"] == 20);
  CHECK(metrics["publish_confirm_seconds_sum"].value_or(0) > 0);
  CHECK(metrics["publish_queue_seconds_count"] == 20);
}

}  // namespace
}  // namespace amqp_sidecar::test
