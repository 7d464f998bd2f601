// Drills: the broker lets the sidecar in no more, or is to be found elsewhere.
#include <filesystem>
#include <fstream>
#include <iostream>

#include "drills/drill.h"

namespace amqp_sidecar::test {
namespace {

// Every permission, on every name.
void AddUser(const RabbitmqNode& node, const std::string& user, const std::string& password) {
  node.Ctl({"add_user", user, password});
  node.Ctl({"set_permissions", user, ".*", ".*", ".*"});
}

TEST_CASE("row 21: user deleted", "[drill]") {
  const RabbitmqNode node = RabbitmqNode::Drilled();
  const std::string user = UniqueName("user");
  AddUser(node, user, "first");
  OnExit gone([&] { node.Ctl({"delete_user", user}); });
  FaultProxy counting(node.port());
  DrillOptions options;
  options.sidecar.uri =
      "amqp://" + user + ":first@127.0.0.1:" + std::to_string(counting.port()) + "/";
  Drill drill("21", options);
  LoadOptions load;
  load.deadline = 120s;
  drill.StartLoad(load);
  REQUIRE(drill.load->WaitForOk(500));

  // A changed password alone ends nothing.
  node.Ctl({"change_password", user, "second"});
  REQUIRE(drill.load->WaitForOk(500));
  CHECK(drill.load->interruptions() == 0);

  const auto start = Clock::now();
  node.Ctl({"delete_user", user});
  REQUIRE(Eventually(5s, [&] { return drill.load->interruptions() >= 2; }));
  const int before = counting.accepted();
  const Millis away = Form(Millis(7s), Millis(60s));
  CHECK(Throughout(away,
                   [&] { return HttpGet(drill.sidecar->admin_port(), "/readyz").status == 503; }));
  const HttpAnswer ready = HttpGet(drill.sidecar->admin_port(), "/readyz");
  CHECK_THAT(ready.body, ContainsSubstring("ACCESS_REFUSED"));
  const int attempts = counting.accepted() - before;
  CHECK(attempts >= 1);
  CHECK(attempts <= 1 + away / 5s);
  AddUser(node, user, "first");
  const auto fixed = Clock::now();
  REQUIRE(drill.load->WaitForOk(500, 30s));
  const Millis back = drill.load->FirstOkAfter(fixed);
  drill.figures.Add("away_ms", std::chrono::duration_cast<Millis>(fixed - start));
  drill.figures.Add("attempts", attempts);
  drill.figures.Add("back_ms", back);
  // The wait after a refused login is 5 s.
  CHECK(back <= 6s);
  CHECK(drill.load->failures().empty());
  drill.End(1);
}

// A mount namespace of the sidecar's own, in which names come of a file of the drill's.
std::vector<std::string> WithNames(const std::string& hosts, const std::string& switches) {
  return {"unshare",
          "-m",
          "sh",
          "-c",
          "mount --bind " + hosts + " /etc/hosts && mount --bind " + switches +
              " /etc/nsswitch.conf && exec \"$@\"",
          "sh"};
}

bool CanMount() {
  if (!std::filesystem::exists("/etc/hosts") || !std::filesystem::exists("/etc/nsswitch.conf")) {
    return false;
  }
  const TempDir dir;
  std::vector<std::string> probe = WithNames(dir.Write("h", ""), dir.Write("n", ""));
  probe.push_back("true");
  try {
    return Run(probe).exit_code == 0;
  } catch (const std::runtime_error&) {
    return false;
  }
}

TEST_CASE("row 37: name of the broker moves and vanishes", "[drill]") {
  if (!CanMount()) {
    std::cout << "drill skipped: needs root, unshare, /etc/hosts and /etc/nsswitch.conf\n";
    return;
  }
  const RabbitmqNode node = RabbitmqNode::Drilled();
  const TempDir dir;
  const std::string hosts = dir.Write("hosts", "127.0.0.1 broker.drill\n");
  FaultProxy first(node.port());
  FaultProxy::Options elsewhere;
  elsewhere.address = "127.0.0.2";
  elsewhere.port = first.port();
  FaultProxy second(node.port(), elsewhere);
  DrillOptions options;
  options.sidecar.uri = "amqp://guest:guest@broker.drill:" + std::to_string(first.port()) + "/";
  options.sidecar.wrapper = WithNames(hosts, dir.Write("nsswitch.conf", "hosts: files\n"));
  Drill drill("37", options);
  drill.StartLoad();
  REQUIRE(drill.load->WaitForOk(500));

  dir.Write("hosts", "127.0.0.2 broker.drill\n");
  auto start = Clock::now();
  first.TakeAway();
  REQUIRE(Eventually(10s, [&] { return drill.load->RecoveryAfter(start) >= 0ms; }));
  const Millis moved = drill.load->RecoveryAfter(start);
  CHECK(second.open() == 1);

  dir.Write("hosts", "");
  second.TakeAway();
  REQUIRE(Eventually(10s, [&] {
    return HttpGet(drill.sidecar->admin_port(), "/readyz").body.find("broker.drill") !=
           std::string::npos;
  }));
  CHECK(Throughout(3s, [&] { return first.open() == 0 && second.open() == 0; }));
  first.Restore();
  dir.Write("hosts", "127.0.0.1 broker.drill\n");
  start = Clock::now();
  REQUIRE(Eventually(10s, [&] { return drill.load->RecoveryAfter(start) >= 0ms; }));
  const Millis back = drill.load->RecoveryAfter(start);
  drill.figures.Add("moved_ms", moved);
  drill.figures.Add("back_after_no_name_ms", back);
  CHECK(moved <= 2500ms);
  CHECK(back <= 2500ms);
  CHECK(drill.load->failures().empty());
  drill.End(2);
}

}  // namespace
}  // namespace amqp_sidecar::test
