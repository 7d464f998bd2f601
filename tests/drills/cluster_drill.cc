// Drills: a cluster of three, with quorum queues: nodes leave, leaders die, the network parts.
#include <algorithm>
#include <iterator>
#include <sstream>

#include "drills/drill.h"

namespace amqp_sidecar::test {
namespace {

using Nodes = std::vector<RabbitmqNode>;

// The node that the sidecar is connected to, by its log, which comes a little after the fact.
const RabbitmqNode& NodeOf(const SidecarProcess& sidecar, const Nodes& nodes) {
  const std::string key = "endpoint=127.0.0.1:";
  std::string log;
  size_t line = std::string::npos;
  const bool told = Eventually(5s, [&] {
    log = sidecar.output();
    line = log.rfind("connected to the broker");
    return line != std::string::npos && log.find('\n', line) != std::string::npos;
  });
  REQUIRE(told);
  const size_t at = log.find(key, line);
  REQUIRE(at != std::string::npos);
  const int port = std::atoi(log.c_str() + at + key.size());
  const auto node =
      std::find_if(nodes.begin(), nodes.end(), [&](const auto& n) { return n.port() == port; });
  REQUIRE(node != nodes.end());
  return *node;
}

const RabbitmqNode& AnotherThan(const RabbitmqNode& node, const Nodes& nodes) {
  return nodes[0].port() == node.port() ? nodes[1] : nodes[0];
}

// What rabbitmqctl says; nothing where the node does not answer now.
std::string Ask(const RabbitmqNode& node, const std::vector<std::string>& arguments) {
  try {
    return node.Ctl(arguments);
  } catch (const std::runtime_error&) {
    return "";
  }
}

bool IsLedBy(const RabbitmqNode& node, const std::string& queue) {
  std::istringstream lines(Ask(node, {"list_queues", "name", "leader"}));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(queue)) return line.find(node.name(), queue.size()) != std::string::npos;
  }
  return false;
}

// How far each member of the queue that answers is with the log that they share.
std::vector<int64_t> CommitIndexes(const RabbitmqNode& node, const std::string& queue) {
  std::string list =
      Ask(node, {"eval", "[{I} || M <- rabbit_quorum_queue:status(<<\"/\">>, <<\"" + queue +
                             "\">>), I <- [proplists:get_value(<<\"Commit Index\">>, M)], "
                             "is_integer(I)]."});
  std::replace_if(list.begin(), list.end(), [](char c) { return c < '0' || c > '9'; }, ' ');
  std::istringstream numbers(list);
  return {std::istream_iterator<int64_t>(numbers), {}};
}

// Until all are there and have what the first had when it was asked: one that has just come back
// and lags behind cannot lead, so that to take another away then would leave no majority.
void WaitForAllMembers(const Nodes& nodes, const std::string& queue) {
  int64_t target = 0;
  const bool all = Eventually(60s, [&] {
    const std::vector<int64_t> indexes = CommitIndexes(nodes[0], queue);
    if (indexes.size() != nodes.size()) return false;
    if (target == 0) target = *std::max_element(indexes.begin(), indexes.end());
    return *std::min_element(indexes.begin(), indexes.end()) >= target;
  });
  REQUIRE(all);
}

DrillOptions OnCluster() {
  DrillOptions options;
  options.nodes = RabbitmqNode::Cluster();
  return options;
}

LoadOptions TenSeconds(const std::string& queue) {
  LoadOptions load;
  load.queues = {queue};
  load.deadline = 10s;
  return load;
}

void CheckNoneFailed(const Load& load) {
  for (const auto& [reason, count] : load.failures()) {
    INFO(reason << ": " << count);
    CHECK(count == 0);
  }
}

TEST_CASE("row 3: rolling restart of three nodes", "[drill][cluster]") {
  const DrillOptions options = OnCluster();
  Drill drill("3", options);
  WaitForAllMembers(options.nodes, drill.quorum);
  drill.StartLoad(TenSeconds(drill.quorum));
  // In the short form the one that the sidecar is connected to: each takes half a minute.
  const Nodes restarted = LongForm() ? options.nodes : Nodes{NodeOf(*drill.sidecar, options.nodes)};
  const int rounds = Form(1, 3);
  const auto start = Clock::now();
  for (int i = 0; i < rounds; ++i) {
    for (const RabbitmqNode& node : restarted) {
      REQUIRE(drill.load->WaitForOk(Form<size_t>(500, 10'000), 60s));
      Restart(node, [&] { node.Shutdown(); });
      WaitForAllMembers(options.nodes, drill.quorum);
    }
  }
  REQUIRE(drill.load->WaitForOk(500));
  const size_t restarts = restarted.size() * static_cast<size_t>(rounds);
  drill.figures.Add("restarts", restarts);
  drill.figures.Add("longest_gap_ms", drill.load->LongestGapSince(start));
  CheckNoneFailed(*drill.load);
  drill.End(restarts);
}

void DrillLeaderDeath(const std::string& row, bool connected_to_leader) {
  const DrillOptions options = OnCluster();
  Drill drill(row, options);
  // Where a queue is declared, there it is led at first.
  const RabbitmqNode& connected = NodeOf(*drill.sidecar, options.nodes);
  Names names(connected_to_leader ? connected : AnotherThan(connected, options.nodes));
  const std::string queue =
      names.Queue({{"x-queue-type", "quorum"}, {"x-queue-leader-locator", "client-local"}});
  WaitForAllMembers(options.nodes, queue);
  drill.StartLoad(TenSeconds(queue));
  const int rounds = Form(1, 10);
  Millis worst{0};
  int deaths_of_the_connected = 0;
  for (int i = 0; i < rounds; ++i) {
    REQUIRE(drill.load->WaitForOk(Form<size_t>(1000, 10'000), 60s));
    const RabbitmqNode& at = NodeOf(*drill.sidecar, options.nodes);
    const auto leader = std::find_if(options.nodes.begin(), options.nodes.end(),
                                     [&](const auto& node) { return IsLedBy(node, queue); });
    REQUIRE(leader != options.nodes.end());
    const bool own = leader->port() == at.port();
    if (own) ++deaths_of_the_connected;
    // Those that follow are led by whoever was elected.
    if (i == 0) CHECK(own == connected_to_leader);
    OnExit back([&] { leader->Resume(); });
    const auto start = Clock::now();
    leader->Kill();
    // The survivors elect another; that is when the gap is over, and not before.
    REQUIRE(drill.load->WaitForOk(1000, 30s));
    worst = std::max(worst, drill.load->LongestGapSince(start));
    back.Now();
    WaitForAllMembers(options.nodes, queue);
  }
  drill.figures.Add("leaders_killed", rounds);
  drill.figures.Add("of_them_the_sidecars_own_node", deaths_of_the_connected);
  drill.figures.Add("longest_gap_ms", worst);
  CHECK(worst <= 2s);
  CheckNoneFailed(*drill.load);
  drill.End(static_cast<size_t>(rounds));
}

TEST_CASE("row 18: quorum leader killed that the sidecar is connected to", "[drill][cluster]") {
  DrillLeaderDeath("18-own", true);
}

TEST_CASE("row 18: quorum leader killed that the sidecar is not connected to", "[drill][cluster]") {
  DrillLeaderDeath("18-other", false);
}

// Erlang's own door between nodes: one that knows a wrong cookie for its peers neither reaches them
// nor is reached. Nobody's firewall is touched. Both connections end at the same moment, and its
// name server is held meanwhile: else those that stay together would hear of one parting from a
// node that they still see, and part as well.
class Partition {
 public:
  Partition(const RabbitmqNode& minority, const Nodes& nodes) : minority_(minority) {
    for (const RabbitmqNode& node : nodes) {
      if (node.port() == minority.port()) continue;
      others_ += (others_.empty() ? "['" : ",'") + node.name() + "'";
    }
    others_ += "]";
    minority_.Ctl({"eval", "[erlang:set_cookie(N, parted) || N <- " + others_ +
                               "], sys:suspend(global_name_server), "
                               "[erlang:disconnect_node(N) || N <- " +
                               others_ + "], sys:resume(global_name_server)."});
  }
  ~Partition() {
    minority_.Ctl({"eval", "[erlang:set_cookie(N, erlang:get_cookie()) || N <- " + others_ + "]."});
  }
  Partition(const Partition&) = delete;
  Partition& operator=(const Partition&) = delete;

 private:
  const RabbitmqNode minority_;
  std::string others_;  // as an Erlang list
};

TEST_CASE("row 19: the leader that the sidecar is connected to is parted from the majority",
          "[drill][cluster]") {
  const DrillOptions options = OnCluster();
  Drill drill("19", options);
  const RabbitmqNode& connected = NodeOf(*drill.sidecar, options.nodes);
  Names names(AnotherThan(connected, options.nodes));
  Direct direct(connected.port());
  const std::string queue = names.Reserve("parted");
  direct.DeclareQueue(queue,
                      {{"x-queue-type", "quorum"}, {"x-queue-leader-locator", "client-local"}});
  WaitForAllMembers(options.nodes, queue);
  REQUIRE(IsLedBy(connected, queue));
  drill.StartLoad(TenSeconds(queue));
  REQUIRE(drill.load->WaitForOk(1000));
  const auto start = Clock::now();
  {
    Partition partition(connected, options.nodes);
    REQUIRE(drill.load->WaitForOk(Form<size_t>(1000, 20'000), 60s));
    CHECK(NodeOf(*drill.sidecar, options.nodes).port() != connected.port());
  }
  WaitForAllMembers(options.nodes, queue);
  REQUIRE(drill.load->WaitForOk(1000));
  drill.figures.Add("longest_gap_ms", drill.load->LongestGapSince(start));
  CheckNoneFailed(*drill.load);
  drill.End(1);
}

}  // namespace
}  // namespace amqp_sidecar::test
