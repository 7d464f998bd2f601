// Many publishes at once: each answer is its own message's, and one that fails harms no other.
#include <map>
#include <set>

#include "integration/world.h"

namespace amqp_sidecar::test {
namespace {

std::string Id(size_t n) { return "m-" + std::to_string(n); }

pb::PublishRequest Numbered(size_t n, const std::string& exchange, const std::string& key) {
  pb::PublishRequest request = JsonMessage(exchange, key, "{\"n\":" + std::to_string(n) + "}");
  request.mutable_message()->mutable_properties()->set_message_id(Id(n));
  return request;
}

std::multiset<std::string> IdsIn(const std::vector<Direct::Message>& messages) {
  std::multiset<std::string> ids;
  for (const Direct::Message& message : messages) ids.insert(message.message_id);
  return ids;
}

TEST_CASE(
    "Of 2,000 publishes, 64 at once and a third unroutable, each answer is its own message's") {
  World world;
  const std::string queue = world.names.Queue();
  const std::string exchange = world.names.ExchangeTo(queue, "routed.#");
  std::vector<pb::PublishRequest> requests;
  for (size_t i = 0; i < 2000; ++i) {
    requests.push_back(Numbered(i, exchange, i % 3 == 0 ? "lost" : "routed.x"));
    requests.back().set_allow_unroutable(i % 5 == 0);
  }
  const std::vector<Outcome> outcomes = world.client.PublishAll(requests, 64);
  std::multiset<std::string> expected;
  for (size_t i = 0; i < outcomes.size(); ++i) {
    INFO("publish " << i << ": " << outcomes[i]);
    const bool routable = i % 3 != 0;
    REQUIRE(outcomes[i].ok() == (routable || i % 5 == 0));
    if (routable) expected.insert(Id(i));
    if (outcomes[i].ok()) {
      REQUIRE(outcomes[i].message_id == Id(i));
      REQUIRE(outcomes[i].routed == routable);
    } else {
      REQUIRE(outcomes[i].reason == "UNROUTABLE");
      REQUIRE(outcomes[i].persisted == "NO");
    }
  }
  REQUIRE(Eventually(5s, [&] { return world.direct.Ready(queue) == expected.size(); }));
  CHECK(IdsIn(world.direct.Drain(queue)) == expected);
}

TEST_CASE("Messages that share a message id get their own answers all the same") {
  World world;
  const std::string queue = world.names.Queue();
  const std::string exchange = world.names.ExchangeTo(queue, "routed");
  std::vector<pb::PublishRequest> requests;
  for (size_t i = 0; i < 600; ++i) {
    requests.push_back(Numbered(i / 2, exchange, i % 2 == 0 ? "routed" : "lost"));
  }
  const std::vector<Outcome> outcomes = world.client.PublishAll(requests, 64);
  for (size_t i = 0; i < outcomes.size(); ++i) {
    INFO("publish " << i << ": " << outcomes[i]);
    REQUIRE(outcomes[i].ok() == (i % 2 == 0));
  }
  CHECK(Eventually(5s, [&] { return world.direct.Ready(queue) == 300; }));
}

TEST_CASE("Publishes to a missing exchange do no harm to 200 others in flight") {
  World world;
  const std::string queue = world.names.Queue();
  const std::string exchange = world.names.ExchangeTo(queue, "#");
  std::vector<pb::PublishRequest> requests;
  for (size_t i = 0; i < 220; ++i) {
    const bool missing = i % 11 == 5;
    requests.push_back(Numbered(i, missing ? "missing-" + std::to_string(i) : exchange, "k"));
  }
  const std::vector<Outcome> outcomes = world.client.PublishAll(requests, 220);
  std::multiset<std::string> expected;
  for (size_t i = 0; i < outcomes.size(); ++i) {
    INFO("publish " << i << ": " << outcomes[i]);
    if (i % 11 == 5) {
      CHECK(outcomes[i].reason == "EXCHANGE_NOT_FOUND");
      CHECK(outcomes[i].persisted == "NO");
      continue;
    }
    CHECK(outcomes[i].ok());
    expected.insert(Id(i));
  }
  REQUIRE(expected.size() == 200);
  REQUIRE(Eventually(5s, [&] { return world.direct.Ready(queue) >= 200; }));
  // No link was lost, so there are no duplicates either.
  CHECK(IdsIn(world.direct.Drain(queue)) == expected);
}

// The exchange was there when the sidecar looked, so the broker closes a publish channel: what
// else was in flight there is published again.
TEST_CASE("An exchange deleted behind the sidecar's back fails its own publishes only") {
  World world;
  const std::string queue = world.names.Queue();
  const std::string exchange = world.names.ExchangeTo(queue, "#");
  const std::string doomed = world.names.ExchangeTo(queue, "#");
  REQUIRE(world.client.Publish(Numbered(9999, doomed, "k")).ok());
  REQUIRE(world.client.Publish(Numbered(9998, exchange, "k")).ok());
  world.direct.DeleteExchange(doomed);
  REQUIRE(Eventually(5s, [&] { return world.direct.Ready(queue) == 2; }));
  world.direct.Purge(queue);

  std::vector<pb::PublishRequest> requests;
  for (size_t i = 0; i < 220; ++i) {
    requests.push_back(Numbered(i, i % 11 == 5 ? doomed : exchange, "k" + std::to_string(i)));
  }
  const std::vector<Outcome> outcomes = world.client.PublishAll(requests, 220);
  std::set<std::string> expected;
  for (size_t i = 0; i < outcomes.size(); ++i) {
    INFO("publish " << i << ": " << outcomes[i]);
    if (i % 11 == 5) {
      CHECK(outcomes[i].reason == "EXCHANGE_NOT_FOUND");
      // One that was written twice, since another closed the channel, cannot say NO.
      CHECK((outcomes[i].persisted == "NO" || outcomes[i].persisted == "UNKNOWN"));
      continue;
    }
    CHECK(outcomes[i].ok());
    expected.insert(Id(i));
  }
  REQUIRE(Eventually(5s, [&] { return world.direct.Ready(queue) >= 200; }));
  const std::multiset<std::string> delivered = IdsIn(world.direct.Drain(queue));
  CHECK(std::set<std::string>(delivered.begin(), delivered.end()) == expected);
}

TEST_CASE("Refusals by a full queue and acceptances by another do not mix") {
  World world;
  const std::string full =
      world.names.Queue({{"x-max-length", int64_t{1}}, {"x-overflow", "reject-publish"}});
  const std::string open = world.names.Queue();
  REQUIRE(world.client.Publish(JsonMessage("", full)).ok());
  REQUIRE(Eventually(5s, [&] { return world.direct.Ready(full) == 1; }));
  std::vector<pb::PublishRequest> requests;
  for (size_t i = 0; i < 400; ++i) requests.push_back(Numbered(i, "", i % 2 == 0 ? open : full));
  const std::vector<Outcome> outcomes = world.client.PublishAll(requests, 64);
  for (size_t i = 0; i < outcomes.size(); ++i) {
    INFO("publish " << i << ": " << outcomes[i]);
    CHECK(outcomes[i].ok() == (i % 2 == 0));
    if (i % 2 == 1) CHECK(outcomes[i].reason == "REFUSED_BY_BROKER");
  }
  REQUIRE(Eventually(5s, [&] { return world.direct.Ready(open) >= 200; }));
  const std::multiset<std::string> delivered = IdsIn(world.direct.Drain(open));
  CHECK(std::set<std::string>(delivered.begin(), delivered.end()).size() == 200);
  CHECK(world.direct.Ready(full) == 1);
}

TEST_CASE("Order holds for messages with the same routing key") {
  World world;
  const std::string queue = world.names.Queue();
  std::vector<pb::PublishRequest> requests;
  for (size_t i = 0; i < 200; ++i) requests.push_back(Numbered(i, "", queue));
  // One at a time: two calls at once have no order to keep.
  for (const Outcome& outcome : world.client.PublishAll(requests, 1)) REQUIRE(outcome.ok());
  REQUIRE(Eventually(5s, [&] { return world.direct.Ready(queue) == 200; }));
  const std::vector<Direct::Message> messages = world.direct.Drain(queue);
  for (size_t i = 0; i < messages.size(); ++i) REQUIRE(messages[i].message_id == Id(i));
}

}  // namespace
}  // namespace amqp_sidecar::test
