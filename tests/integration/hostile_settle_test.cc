// Settlements that cannot count, by the thousands: each is answered, none costs a channel.
#include <map>
#include <set>

#include "integration/subscribing.h"

namespace amqp_sidecar::test {
namespace {

using grpc::StatusCode;

enum class Verb { kAck, kNack, kReject };
constexpr Verb kVerbs[] = {Verb::kAck, Verb::kNack, Verb::kReject};

std::vector<pb::SettleFailure> ByCall(Client& client, Verb verb, const IdList& ids) {
  switch (verb) {
    case Verb::kAck:
      return client.Ack(ids);
    case Verb::kNack:
      return client.Nack(ids);
    case Verb::kReject:
      return client.Reject(ids);
  }
  return {};
}

bool ByStream(SubscribeStream& stream, Verb verb, const IdList& ids) {
  switch (verb) {
    case Verb::kAck:
      return stream.Ack(ids);
    case Verb::kNack:
      return stream.Nack(ids);
    case Verb::kReject:
      return stream.Reject(ids);
  }
  return false;
}

// An id, and the reason with which each verb must fail; empty where it must not.
struct Hostile {
  std::string id;
  std::map<Verb, std::string> reasons;
};

Hostile Always(const std::string& id, const std::string& reason) {
  return {id, {{Verb::kAck, reason}, {Verb::kNack, reason}, {Verb::kReject, reason}}};
}

Hostile SettledBy(Verb verb, const std::string& id) {
  Hostile hostile = Always(id, "ALREADY_SETTLED");
  hostile.reasons[verb].clear();
  return hostile;
}

std::string EarlierLife(const RabbitmqNode& node, const std::string& queue) {
  SidecarProcess earlier(ForNode({}, node));
  Client client(earlier.target());
  SubscribeStream stream(client, queue);
  return stream.Next().id();
}

// The id and reason of each, in order.
using Answers = std::vector<std::pair<std::string, std::string>>;

Answers Expected(const std::vector<Hostile>& batch, Verb verb) {
  Answers answers;
  for (const Hostile& hostile : batch) {
    const std::string& reason = hostile.reasons.at(verb);
    if (!reason.empty()) answers.emplace_back(hostile.id, reason);
  }
  return answers;
}

Answers Given(const std::vector<pb::SettleFailure>& failures) {
  Answers answers;
  for (const pb::SettleFailure& failure : failures) {
    answers.emplace_back(failure.delivery_id(), failure.reason());
  }
  return answers;
}

TEST_CASE(
    "20,000 hostile settlements are each answered right, and cost no subscription its channel") {
  ProxiedWorld world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 1);
  const std::string earlier = EarlierLife(world.node, queue);
  Client other(world.sidecar.target());
  SubscribeStream stream(world.client, queue);
  SubscribeStream bystander(other, world.names.Queue());
  const std::string stale = stream.Next().id();
  REQUIRE(bystander.WaitForEvents(1));
  world.proxy.Cut();
  REQUIRE(stream.WaitForEvents(3));
  REQUIRE(bystander.WaitForEvents(3));
  PublishNumbers(world.direct, queue, 3, 1);
  REQUIRE(stream.WaitForDeliveries(5));
  const IdList ids = Ids(stream.deliveries());
  const std::string held = ids[1];
  REQUIRE(world.client.Ack({ids[2]}).empty());
  REQUIRE(world.client.Reject({ids[3]}).empty());
  REQUIRE(world.client.Nack({ids[4]}).empty());
  REQUIRE(stream.WaitForDeliveries(6));
  const std::string nacked_twice = stream.deliveries()[5].delivery_id();

  std::vector<Hostile> batch;
  while (batch.size() < 100) {
    const std::string n = std::to_string(batch.size());
    batch.push_back(Always("", "UNKNOWN_DELIVERY"));
    batch.push_back(Always("nonsense-" + n, "UNKNOWN_DELIVERY"));
    batch.push_back(Always(held + n + "?", "UNKNOWN_DELIVERY"));
    batch.push_back(Always(std::string(1000, 'x'), "UNKNOWN_DELIVERY"));
    batch.push_back(Always("\xc3\xa4\xf0\x9f\x90\x87", "UNKNOWN_DELIVERY"));
    batch.push_back(Always(stale, "STALE_DELIVERY"));
    batch.push_back(Always(earlier, "STALE_DELIVERY"));
    batch.push_back(SettledBy(Verb::kAck, ids[2]));
    batch.push_back(SettledBy(Verb::kReject, ids[3]));
    batch.push_back(SettledBy(Verb::kNack, ids[4]));
  }
  IdList hostile_ids;
  for (const Hostile& hostile : batch) hostile_ids.push_back(hostile.id);
  Answers expected_by_stream;
  for (int round = 0; round < 100; ++round) {
    const Verb verb = kVerbs[round % 3];
    REQUIRE(Given(ByCall(world.client, verb, hostile_ids)) == Expected(batch, verb));
    REQUIRE(ByCall(world.client, verb, {}).empty());
    REQUIRE(ByStream(stream, verb, hostile_ids));
    REQUIRE(ByStream(stream, verb, {}));
    const Answers more = Expected(batch, verb);
    expected_by_stream.insert(expected_by_stream.end(), more.begin(), more.end());
  }
  REQUIRE(stream.WaitForFailures(expected_by_stream.size(), 20s));
  CHECK((Given(stream.failures()) == expected_by_stream));
  for (const pb::SettleFailure& failure : stream.failures()) {
    const bool unknown = failure.reason() == "UNKNOWN_DELIVERY";
    REQUIRE(failure.code() == (unknown ? StatusCode::NOT_FOUND : StatusCode::FAILED_PRECONDITION));
  }

  // What it holds it holds still, on the channel that it had.
  CHECK(world.client.Ack({held, nacked_twice}).empty());
  PublishNumbers(world.direct, queue, 1);
  REQUIRE(stream.WaitForDeliveries(7));
  CHECK(world.client.Ack({stream.deliveries()[6].delivery_id()}).empty());
  const Events expected = {kSubscribed, kInterrupted, kResubscribed};
  CHECK(stream.events() == expected);
  CHECK(bystander.events() == expected);
  CHECK(world.direct.Ready(queue) == 0);
}

TEST_CASE(
    "Ids that are nearly right are refused for a reason, or are another's, and cost nothing") {
  World world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 1);
  SubscribeStream stream(world.client, queue);
  const std::string id = stream.Next().id();
  REQUIRE(world.client.Ack({id}).empty());
  IdList wrong = {id + id, " " + id, id + " ", id + "\n", id.substr(1)};
  for (size_t i = 0; i < id.size(); ++i) {
    wrong.push_back(id.substr(0, i));
    for (const char replacement : {'0', '1', '9', 'a', 'Z', '-', '/', '\x7f'}) {
      if (id[i] == replacement) continue;
      wrong.push_back(id);
      wrong.back()[i] = replacement;
    }
  }
  const std::set<std::string> reasons = {"UNKNOWN_DELIVERY", "STALE_DELIVERY", "ALREADY_SETTLED"};
  for (const Verb verb : kVerbs) {
    const auto failures = ByCall(world.client, verb, wrong);
    CHECK(failures.size() == wrong.size());
    for (const pb::SettleFailure& failure : failures) {
      INFO(failure.ShortDebugString());
      REQUIRE(reasons.contains(failure.reason()));
    }
  }
  PublishNumbers(world.direct, queue, 1);
  CHECK(world.client.Ack({stream.Next().id()}).empty());
  CHECK(stream.events() == Events{kSubscribed});
}

TEST_CASE("A settlement whose ids are no text is refused, and harms no one") {
  World world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 1);
  SubscribeStream stream(world.client, queue);
  const std::string id = stream.Next().id();
  // The good id, then one of a single byte 0xff.
  const std::string ids =
      "\x0a" + std::string(1, static_cast<char>(id.size())) + id + "\x0a\x01\xff";
  for (const char* method : {"Ack", "Nack", "Reject", "ExtendAckDeadline"}) {
    for (const std::string& bytes : {ids, std::string("\xff\xff\xff")}) {
      const Outcome outcome = world.client.CallWithBytes(
          std::string("/amqp_sidecar.v1.SubscriberService/") + method, bytes);
      INFO(method << ": " << outcome);
      CHECK_FALSE(outcome.ok());
    }
  }
  CHECK(Throughout(200ms, [&] { return stream.delivery_count() == 1; }));
  CHECK(world.client.Ack({id}).empty());
  CHECK(stream.events() == Events{kSubscribed});
}

TEST_CASE("A hundred thousand ids in one request are each answered") {
  World world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 1);
  SubscribeStream stream(world.client, queue);
  const std::string id = stream.Next().id();
  constexpr size_t kCount = 100'000;
  IdList ids;
  for (size_t i = 0; i < kCount; ++i) ids.push_back("u" + std::to_string(i));
  ids.push_back(id);
  const auto failures = world.client.Nack(ids);
  REQUIRE(failures.size() == kCount);
  CHECK(failures.front().delivery_id() == "u0");
  CHECK(failures.back().delivery_id() == "u99999");
  const std::string again = stream.Next().id();
  ids.back() = again;
  REQUIRE(stream.Ack(ids));
  REQUIRE(stream.WaitForFailures(kCount, 20s));
  CHECK(stream.failures().back().reason() == "UNKNOWN_DELIVERY");
  // The same one, a hundred thousand times.
  CHECK(world.client.Ack(IdList(kCount, again)).empty());
  CHECK(stream.failures().size() == kCount);
  CHECK(stream.events() == Events{kSubscribed});
}

TEST_CASE("How a delivery was settled is known for 10,000 settlements, and for few more") {
  World world;
  const std::string queue = world.names.Queue();
  constexpr size_t kCount = 10'800;
  constexpr uint32_t kPrefetch = 300;
  const std::vector<pb::PublishRequest> requests(kCount, JsonMessage("", queue));
  for (const Outcome& outcome : world.client.PublishAll(requests, 256)) REQUIRE(outcome.ok());
  SubscribeStream stream(world.client, queue, kPrefetch);
  IdList ids;
  while (ids.size() < kCount) {
    IdList batch;
    while (batch.size() < kPrefetch) batch.push_back(stream.Next().id());
    REQUIRE(world.client.Ack(batch).empty());
    ids.insert(ids.end(), batch.begin(), batch.end());
  }
  const auto forgotten = world.client.Ack({ids[0], ids[100]});
  REQUIRE(forgotten.size() == 2);
  CheckSettleFailure(forgotten[0], ids[0], StatusCode::FAILED_PRECONDITION, "ALREADY_SETTLED");
  CHECK(world.client.Ack({ids[800], ids[5000], ids.back()}).empty());
  const auto otherwise = world.client.Nack({ids[0], ids[800], ids.back()});
  REQUIRE(otherwise.size() == 3);
  for (const pb::SettleFailure& failure : otherwise) CHECK(failure.reason() == "ALREADY_SETTLED");
  CHECK(stream.events() == Events{kSubscribed});
}

TEST_CASE("A delivery that is on its way to wait is settled, and is settled once") {
  World world;
  const std::string queue = world.names.Queue();
  PublishNumbers(world.direct, queue, 1);
  SubscribeStream stream(world.client, queue);
  const std::string id = stream.Next().id();
  REQUIRE(stream.Nack({id, id}, 300ms));
  REQUIRE(stream.Nack({id}, 300ms));
  REQUIRE(stream.Ack({id}));
  REQUIRE(stream.Reject({id}));
  REQUIRE(stream.WaitForFailures(2));
  for (const pb::SettleFailure& failure : stream.failures()) {
    CheckSettleFailure(failure, id, StatusCode::FAILED_PRECONDITION, "ALREADY_SETTLED");
  }
  const SubscribeStream::Arrival again = stream.Next();
  CHECK(again.delivery.attempt() == 2);
  CHECK(Throughout(600ms, [&] { return stream.delivery_count() == 2; }));
  REQUIRE(stream.Ack({again.id()}));
  stream.HalfClose();
  CHECK(stream.WaitForEnd());
  CHECK(stream.failures().size() == 2);
}

}  // namespace
}  // namespace amqp_sidecar::test
