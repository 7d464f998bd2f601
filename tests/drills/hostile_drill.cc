// Drill: clients that settle whatever comes to their mind.
#include <signal.h>

#include <random>

#include "drills/drill.h"
#include "drills/hostile_client.h"
#include "drills/sampler.h"
#include "support/subscribe_stream.h"

namespace amqp_sidecar::test {
namespace {

using Verb = HostileClient::Verb;
using IdList = HostileClient::Ids;

constexpr Verb kVerbs[] = {Verb::kAck, Verb::kNack, Verb::kReject};

// Ids of deliveries that were settled, each in its way, that are held, and that are stale.
struct Given {
  IdList by_verb[3];
  IdList held;
  IdList stale;
  IdList earlier_life;
};

// None that was given.
IdList NeverGiven(const Given& given, size_t count, std::mt19937_64& random) {
  const auto below = [&](size_t n) {
    return std::uniform_int_distribution<size_t>(0, n - 1)(random);
  };
  IdList ids;
  while (ids.size() < count) {
    std::string id = given.held[below(given.held.size())];
    switch (below(6)) {
      case 0:
        id.clear();
        break;
      case 1:
        // Not as far as the rest of it, which might be another's.
        id.resize(below(17));
        break;
      case 2:
        id += id;
        break;
      case 3:
        id = std::string(below(2'000), 'x');
        break;
      case 4:
        id = "\xc3\xa4\xf0\x9f\x90\x87" + id;
        break;
      default:
        for (char& c : id) c = static_cast<char>(' ' + below(95));
        break;
    }
    ids.push_back(std::move(id));
  }
  return ids;
}

IdList Enormous(size_t count) {
  IdList ids;
  while (ids.size() < count) ids.push_back("u" + std::to_string(ids.size()));
  return ids;
}

IdList Shuffled(const IdList& ids, size_t count, std::mt19937_64& random) {
  IdList chosen;
  while (chosen.size() < count) chosen.push_back(ids[random() % ids.size()]);
  return chosen;
}

// One of each kind, about 1,000 ids.
void Round(HostileClient& client, const Given& given, std::mt19937_64& random) {
  const size_t which = random() % 3;
  const Verb verb = kVerbs[which];
  client.MustFail(verb, NeverGiven(given, 250, random), {"UNKNOWN_DELIVERY"});
  client.MustFail(verb, Shuffled(given.stale, 200, random), {"STALE_DELIVERY"});
  client.MustFail(verb, Shuffled(given.earlier_life, 200, random), {"STALE_DELIVERY"});
  for (size_t other = 0; other < 3; ++other) {
    const IdList ids = Shuffled(given.by_verb[other], 100, random);
    if (other == which) {
      client.MustPass(verb, ids);
    } else {
      client.MustFail(verb, ids, {"ALREADY_SETTLED"});
    }
  }
  client.MustPass(verb, {});
  // The good id in front does not count either.
  const std::string& held = given.held.front();
  client.MustBeRefused(
      verb, "\x0a" + std::string(1, static_cast<char>(held.size())) + held + "\x0a\x01\xff");
  client.MustBeRefused(verb, "\xff\xff\xff");
}

IdList FromEarlierLife(Drill& drill, const std::string& queue, size_t count) {
  Client client(drill.sidecar->target());
  SubscribeStream stream(client, queue, static_cast<uint32_t>(count));
  REQUIRE(stream.WaitForDeliveries(count));
  const IdList ids = Ids(stream.deliveries());
  drill.sidecar->Signal(SIGKILL);
  REQUIRE(drill.sidecar->Wait(5s) == -SIGKILL);
  drill.StartSidecar();
  return ids;
}

TEST_CASE("row 41: a million settlements that cannot count", "[drill]") {
  constexpr size_t kEach = 50;
  const size_t count = Form<size_t>(50'000, 1'000'000);
  const size_t enormous = Form<size_t>(50'000, 200'000);
  DrillOptions options;
  options.sidecar.amqp = kFastReconnect;
  Drill drill("41", options);
  // Made now: the direct connection will be closed, too.
  const std::string aside = drill.names.Queue();
  Fill(drill, drill.quorum, 4 * kEach);
  Given given;
  given.earlier_life = FromEarlierLife(drill, drill.quorum, kEach);
  Client good(drill.sidecar->target());
  SubscribeStream stream(good, drill.quorum, 4 * kEach);
  REQUIRE(stream.WaitForDeliveries(4 * kEach));
  given.stale = Ids(stream.deliveries());
  drill.node.Ctl({"close_all_connections", "drill"});
  REQUIRE(stream.WaitForEvents(3, 20s));
  REQUIRE(stream.WaitForDeliveries(8 * kEach));
  const IdList ids = Ids(stream.deliveries());
  // Those that were settled in one way each come to rest before they are settled in others.
  for (size_t i = 0; i < 4 * kEach; ++i) {
    (i < 3 * kEach ? given.by_verb[i / kEach] : given.held).push_back(ids[4 * kEach + i]);
  }
  REQUIRE(good.Ack(given.by_verb[0]).empty());
  REQUIRE(good.Nack(given.by_verb[1]).empty());
  REQUIRE(good.Reject(given.by_verb[2]).empty());
  REQUIRE(stream.WaitForDeliveries(9 * kEach));

  Client hostile(drill.sidecar->target());
  HostileClient client(hostile, aside);
  std::mt19937_64 random(41);
  // Whatever is made once for each kind is there when measuring begins.
  Round(client, given, random);
  client.MustFail(Verb::kNack, Enormous(enormous), {"UNKNOWN_DELIVERY"});
  Round(client, given, random);
  const Sampler sampler(*drill.sidecar, 50ms);
  const auto begun = Clock::now();
  const size_t before = client.sent();
  for (size_t rounds = 0; client.sent() - before < count; ++rounds) {
    Round(client, given, random);
    if (rounds % 100 == 10) {
      client.MustFail(kVerbs[random() % 3], Enormous(enormous), {"UNKNOWN_DELIVERY"});
      // More than a request may be.
      client.MustBeRefused(kVerbs[random() % 3], std::string(5u << 20, '\n'));
    }
  }
  const std::chrono::duration<double> took = Clock::now() - begun;
  const size_t first = sampler.Median(0, 0.33).resident_bytes;
  const size_t last = sampler.Median(0.67, 1).resident_bytes;
  const size_t grown = last - std::min(first, last);
  drill.figures.Add("hostile", client.sent());
  drill.figures.Add("refused", client.failed());
  drill.figures.Add("settlements_per_second",
                    static_cast<int>(static_cast<double>(client.sent() - before) / took.count()));
  drill.figures.Add("resident_bytes_first_third", first);
  drill.figures.Add("resident_bytes_last_third", last);
  INFO(client.first_wrong());
  CHECK(client.wrong() == 0);
  // An enormous list and its answer take some 20 MB while they last.
  CHECK(grown <= 32u << 20);

  // The channel lives, what is held is held, and counts.
  CHECK(stream.events() == Events{kSubscribed, kInterrupted, kResubscribed});
  IdList rest = given.held;
  const IdList all = Ids(stream.deliveries());
  rest.insert(rest.end(), all.begin() + 8 * kEach, all.end());
  CHECK(rest.size() == 2 * kEach);
  CHECK(good.Ack(rest).empty());
  Fill(drill, drill.quorum, 1);
  REQUIRE(stream.WaitForDeliveries(9 * kEach + 1));
  CHECK(good.Ack({stream.deliveries().back().delivery_id()}).empty());
  stream.HalfClose();
  const std::optional<Outcome> end = stream.WaitForEnd();
  REQUIRE(end);
  CHECK(end->ok());
  CHECK(Throughout(500ms, [&] { return Depth(drill.node, drill.quorum) == 0; }));
}

}  // namespace
}  // namespace amqp_sidecar::test
