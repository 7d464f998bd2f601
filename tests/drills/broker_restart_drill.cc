// Drills: the broker dies, is stopped, or is not there at first.
#include "drills/drill.h"

namespace amqp_sidecar::test {
namespace {

TEST_CASE("row 1: broker killed and restarted", "[drill]") {
  Drill drill("1");
  drill.node.SyncDeclarations();
  drill.StartLoad();
  const int kills = Form(1, 3);
  Millis worst{0};
  for (int i = 0; i < kills; ++i) {
    REQUIRE(drill.load->WaitForOk(Form<size_t>(3000, 20'000), 120s));
    const auto open = Restart(drill.node, [&] { drill.node.Kill(); });
    if (!drill.load->WaitForOk(1000, 20s)) FAIL(drill.sidecar->output());
    const Millis first = drill.load->FirstOkAfter(open);
    CHECK(first <= 2500ms);
    worst = std::max(worst, first);
  }
  drill.figures.Add("first_ok_after_port_ms", worst);
  CHECK(drill.load->interruptions() >= 2 * static_cast<size_t>(kills));
  drill.End(static_cast<size_t>(kills));
}

TEST_CASE("row 2: broker stopped in good order", "[drill]") {
  Drill drill("2");
  drill.StartLoad();
  REQUIRE(drill.load->WaitForOk(Form<size_t>(1000, 20'000), 120s));
  OnExit start([&] { drill.node.Ctl({"start_app"}); });
  drill.node.Ctl({"stop_app"});
  REQUIRE(Eventually(5s, [&] { return !drill.node.Accepts(); }));
  auto opening = InBackground([&] { return WaitForPort(drill.node); });
  start.Now();
  const auto app_open = opening.get();
  REQUIRE(drill.load->WaitForOk(Form<size_t>(1000, 20'000), 120s));
  const Millis app = drill.load->FirstOkAfter(app_open);
  CHECK(app <= 2500ms);
  drill.figures.Add("first_ok_after_start_app_ms", app);

  const auto process_open = Restart(drill.node, [&] { drill.node.Shutdown(); });
  REQUIRE(drill.load->WaitForOk(Form<size_t>(1000, 20'000), 120s));
  const Millis process = drill.load->FirstOkAfter(process_open);
  CHECK(process <= 2500ms);
  drill.figures.Add("first_ok_after_sigterm_ms", process);
  drill.End(2);
}

TEST_CASE("row 38: broker not there when the sidecar starts", "[drill]") {
  const RabbitmqNode node = RabbitmqNode::Drilled();
  Figures figures("38");
  std::unique_ptr<SidecarProcess> sidecar;
  const auto open = Restart(node, [&] {
    node.Shutdown();
    SidecarOptions options;
    options.uri = node.uri();
    sidecar = std::make_unique<SidecarProcess>(options);
    const HttpAnswer ready = HttpGet(sidecar->admin_port(), "/readyz");
    CHECK(ready.status == 503);
    CHECK_THAT(ready.body, ContainsSubstring("not ready: "));
    const Outcome refused = Client(sidecar->target()).Publish(JsonMessage("", "q"), 300ms);
    CheckFailure(refused, grpc::StatusCode::UNAVAILABLE, "BROKER_UNAVAILABLE", "NO");
  });
  sidecar->WaitReady();
  const auto took = std::chrono::duration_cast<Millis>(Clock::now() - open);
  figures.Add("ready_after_port_ms", took);
  CHECK(took <= 2500ms);
  CHECK(sidecar->Stop() == 0);
}

}  // namespace
}  // namespace amqp_sidecar::test
