// Drills: the broker refuses one publish among many, and only that one may fail.
#include "drills/batch.h"
#include "drills/drill.h"

namespace amqp_sidecar::test {
namespace {

constexpr size_t kAround = 200;

// Publishes `kAround` messages to the classic queue with one to `exchange` in their midst, and
// returns what became of that one; the others must be OK.
Outcome Offend(Drill& drill, const std::string& exchange, const std::string& target) {
  Client client(drill.sidecar->target());
  Batch batch(drill.checker);
  for (size_t i = 0; i <= kAround; ++i) {
    batch.Add(i == kAround / 2 ? exchange : "", i == kAround / 2 ? "k" : drill.classic);
  }
  const std::vector<Outcome> outcomes = batch.Publish(client, kAround + 1);
  for (size_t i = 0; i < outcomes.size(); ++i) {
    INFO(i << " at " << target << ": " << outcomes[i]);
    if (i != kAround / 2) CHECK(outcomes[i].ok());
  }
  REQUIRE(Eventually(5s, [&] { return Depth(drill.node, drill.classic) >= kAround; }));
  DeliverAll(drill.names.direct(), drill.classic, drill.checker);
  return outcomes[kAround / 2];
}

TEST_CASE("row 5: missing exchange amid 200 publishes", "[drill]") {
  Drill drill("5");
  Outcome worst;
  for (int i = 0; i < Form(5, 100); ++i) {
    worst = Offend(drill, UniqueName("missing"), "a missing exchange");
    CheckFailure(worst, grpc::StatusCode::NOT_FOUND, "EXCHANGE_NOT_FOUND", "NO");
  }
  CheckSets(drill.figures, drill.checker, 0);
}

TEST_CASE("row 6: exchange that the user may not write to amid 200 publishes", "[drill]") {
  const RabbitmqNode node = RabbitmqNode::Drilled();
  const std::string user = UniqueName("user");
  node.Ctl({"add_user", user, "secret"});
  OnExit gone([&] { node.Ctl({"delete_user", user}); });
  node.Ctl({"set_permissions", user, "", "^(amq\\.default)?$", ".*"});
  DrillOptions options;
  options.sidecar.uri = "amqp://" + user + ":secret@127.0.0.1:" + std::to_string(node.port()) + "/";
  Drill drill("6", options);
  const std::string forbidden = drill.names.Exchange("fanout");
  const int rounds = Form(3, 50);
  for (int i = 0; i < rounds; ++i) {
    const Outcome outcome = Offend(drill, forbidden, "a forbidden exchange");
    INFO(outcome);
    CHECK(outcome.code == grpc::StatusCode::PERMISSION_DENIED);
    CHECK(outcome.reason == "ACCESS_REFUSED");
  }
  // The broker closes the channel: what else was unconfirmed there goes out again.
  CheckSets(drill.figures, drill.checker, static_cast<uint64_t>(rounds) * kAround);
}

TEST_CASE("row 7: conflicting declaration amid publishes", "[drill]") {
  Drill drill("7");
  drill.StartLoad();
  Client client(drill.sidecar->target());
  for (int i = 0; i < Form(10, 200); ++i) {
    REQUIRE(drill.load->WaitForOk(100));
    pb::DeclareTopologyRequest request;
    pb::Queue* queue = request.add_queues();
    queue->set_name(drill.classic);
    queue->set_type(pb::QUEUE_TYPE_QUORUM);
    const Outcome outcome = client.Declare(request);
    INFO(outcome);
    CHECK(outcome.code == grpc::StatusCode::FAILED_PRECONDITION);
    CHECK(outcome.reason == "TOPOLOGY_CONFLICT");
  }
  CHECK(drill.load->interruptions() == 0);
  drill.load->StopPublishing();
  CHECK(drill.load->failures().empty());
  drill.End(0);
}

TEST_CASE("row 16: queue that overflows", "[drill]") {
  Drill drill("16");
  Client client(drill.sidecar->target());
  const std::string full =
      drill.names.Queue({{"x-max-length", int64_t{100}}, {"x-overflow", "reject-publish"}});
  Batch batch(drill.checker);
  const size_t count = Form<size_t>(1000, 20'000);
  for (size_t i = 0; i < count; ++i) batch.Add("", full);
  size_t refused = 0;
  for (const Outcome& outcome : batch.Publish(client, 200)) {
    if (outcome.ok()) continue;
    ++refused;
    CheckFailure(outcome, grpc::StatusCode::RESOURCE_EXHAUSTED, "REFUSED_BY_BROKER", "NO");
  }
  drill.figures.Add("refused", refused);
  CHECK(refused == count - 100);
  REQUIRE(Eventually(5s, [&] { return Depth(drill.node, full) == 100; }));
  DeliverAll(drill.names.direct(), full, drill.checker);
  CheckSets(drill.figures, drill.checker, 0);
}

TEST_CASE("row 17: unroutable messages among others", "[drill]") {
  Drill drill("17");
  Client client(drill.sidecar->target());
  const std::string exchange = drill.names.ExchangeTo(drill.classic, "bound");
  Batch batch(drill.checker);
  const size_t count = Form<size_t>(3000, 60'000);
  for (size_t i = 0; i < count; ++i) batch.Add(exchange, i % 3 == 0 ? "unbound" : "bound");
  const std::vector<Outcome> outcomes = batch.Publish(client, 200);
  size_t unroutable = 0;
  for (size_t i = 0; i < count; ++i) {
    INFO(i << ": " << outcomes[i]);
    if (i % 3 != 0) {
      CHECK(outcomes[i].ok());
      continue;
    }
    CHECK(outcomes[i].reason == "UNROUTABLE");
    CHECK(outcomes[i].persisted == "NO");
    ++unroutable;
  }
  drill.figures.Add("unroutable", unroutable);
  REQUIRE(Eventually(10s, [&] { return Depth(drill.node, drill.classic) == count - unroutable; }));
  DeliverAll(drill.names.direct(), drill.classic, drill.checker);
  CheckSets(drill.figures, drill.checker, 0);
}

}  // namespace
}  // namespace amqp_sidecar::test
