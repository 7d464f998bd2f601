// What an orchestrator and a person see: gRPC health, reflection, /healthz and /readyz.
#include <algorithm>

#include "integration/world.h"

namespace amqp_sidecar::test {
namespace {

const char* const kPublisher = "amqp_sidecar.v1.PublisherService";
const char* const kSubscriber = "amqp_sidecar.v1.SubscriberService";

TEST_CASE("Health and readiness follow the link, liveness does not") {
  ProxiedWorld world;
  const uint16_t admin = world.sidecar.admin_port();
  CHECK(world.client.Health() == "SERVING");
  CHECK(world.client.Health(kPublisher) == "SERVING");
  CHECK(world.client.Health(kSubscriber) == "SERVING");
  CHECK(HttpGet(admin, "/healthz").status == 200);
  CHECK(HttpGet(admin, "/readyz").status == 200);

  world.proxy.TakeAway();
  REQUIRE(Eventually(5s, [&] { return HttpGet(admin, "/readyz").status == 503; }));
  CHECK_THAT(HttpGet(admin, "/readyz").body, ContainsSubstring("not ready: "));
  CHECK(HttpGet(admin, "/healthz").status == 200);
  CHECK(Eventually(2s, [&] { return world.client.Health(kPublisher) == "NOT_SERVING"; }));
  CHECK(Eventually(2s, [&] { return world.client.Health(kSubscriber) == "NOT_SERVING"; }));
  CHECK(world.client.Health() == "SERVING");

  world.proxy.Restore();
  world.sidecar.WaitReady();
  CHECK(Eventually(2s, [&] { return world.client.Health(kPublisher) == "SERVING"; }));
  CHECK(Eventually(2s, [&] { return world.client.Health(kSubscriber) == "SERVING"; }));
}

TEST_CASE("The health of a service that is not there is NOT_FOUND") {
  World world;
  CHECK(world.client.Health("no.such.Service") ==
        "code " + std::to_string(grpc::StatusCode::NOT_FOUND));
}

TEST_CASE("Pages that the admin server does not have are 404") {
  World world;
  CHECK(HttpGet(world.sidecar.admin_port(), "/no-such-page").status == 404);
}

TEST_CASE("Reflection on the Unix socket lists the services") {
  World world;
  const std::vector<std::string> services = world.client.ReflectedServices();
  for (const char* name : {kPublisher, kSubscriber, "amqp_sidecar.v1.TopologyService"}) {
    INFO(name);
    CHECK(std::find(services.begin(), services.end(), name) != services.end());
  }
}

}  // namespace
}  // namespace amqp_sidecar::test
