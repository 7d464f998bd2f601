#include "broker/delivery_ledger.h"

#include <map>
#include <random>
#include <vector>

#include "support/catch.h"

namespace amqp_sidecar::broker {
namespace {

using Frame = DeliveryLedger::Frame;
using Outcome = DeliveryLedger::Outcome;

DeliveryLedger With(uint64_t count) {
  DeliveryLedger ledger;
  for (uint64_t tag = 1; tag <= count; ++tag) ledger.Add(tag);
  return ledger;
}

TEST_CASE("acks of a run from the oldest delivery go as one frame") {
  DeliveryLedger ledger = With(5);
  for (const uint64_t tag : {3, 1, 2}) CHECK(ledger.Settle(tag, Verb::kAck) == Outcome::kTaken);
  CHECK(ledger.TakeFrames() == std::vector<Frame>{{Verb::kAck, 3, true}});
  CHECK(ledger.unsettled() == 2);
}

TEST_CASE("acks behind an unsettled delivery go one by one") {
  DeliveryLedger ledger = With(4);
  ledger.Settle(2, Verb::kAck);
  ledger.Settle(3, Verb::kAck);
  CHECK(ledger.TakeFrames() == std::vector<Frame>{{Verb::kAck, 2, false}, {Verb::kAck, 3, false}});
  ledger.Settle(1, Verb::kAck);
  ledger.Settle(4, Verb::kAck);
  CHECK(ledger.TakeFrames() == std::vector<Frame>{{Verb::kAck, 1, false}, {Verb::kAck, 4, false}});
}

TEST_CASE("a run ends where the verb changes, and rejects go alone") {
  DeliveryLedger ledger = With(6);
  ledger.Settle(1, Verb::kAck);
  ledger.Settle(2, Verb::kAck);
  ledger.Settle(3, Verb::kReject);
  ledger.Settle(4, Verb::kNack);
  ledger.Settle(5, Verb::kNack);
  ledger.Settle(6, Verb::kAck);
  CHECK(ledger.TakeFrames() == std::vector<Frame>{{Verb::kAck, 2, true},
                                                  {Verb::kReject, 3, false},
                                                  {Verb::kNack, 5, true},
                                                  {Verb::kAck, 6, false}});
}

TEST_CASE("settling again in the same way is repeated, in another is refused") {
  DeliveryLedger ledger = With(1);
  CHECK(ledger.Settle(1, Verb::kNack) == Outcome::kTaken);
  CHECK(ledger.Settle(1, Verb::kNack) == Outcome::kRepeated);
  CHECK(ledger.Settle(1, Verb::kAck) == Outcome::kAlreadySettled);
  CHECK(ledger.TakeFrames().size() == 1);
  CHECK(ledger.Settle(1, Verb::kNack) == Outcome::kRepeated);
  CHECK(ledger.TakeFrames().empty());
}

TEST_CASE("a tag that was never delivered is unknown") {
  DeliveryLedger ledger = With(2);
  CHECK(ledger.Settle(0, Verb::kAck) == Outcome::kUnknown);
  CHECK(ledger.Settle(3, Verb::kAck) == Outcome::kUnknown);
  CHECK(ledger.Settle(UINT64_MAX, Verb::kAck) == Outcome::kUnknown);
  CHECK(ledger.unsettled() == 2);
}

TEST_CASE("settlements are remembered for a while, and bounded") {
  const uint64_t count = DeliveryLedger::kRemembered + 100;
  DeliveryLedger ledger = With(count);
  for (uint64_t tag = 1; tag <= count; ++tag) ledger.Settle(tag, Verb::kAck);
  ledger.TakeFrames();
  CHECK(ledger.Settle(1, Verb::kAck) == Outcome::kAlreadySettled);
  CHECK(ledger.Settle(count, Verb::kAck) == Outcome::kRepeated);
  CHECK(ledger.Settle(101, Verb::kAck) == Outcome::kRepeated);
}

// What the broker would hold as unsettled after the frames, which must be what the ledger says; a
// frame about a tag that is not there any more would cost the channel.
TEST_CASE("whatever the order of settlements the frames settle each delivery once") {
  const auto seed = GENERATE(range(0u, 200u));
  std::mt19937 random(seed);
  DeliveryLedger ledger;
  std::map<uint64_t, Verb> settled;    // by the ledger
  std::map<uint64_t, bool> at_broker;  // unsettled there
  uint64_t next_tag = 1;
  for (int step = 0; step < 300; ++step) {
    const auto dice = random() % 10;
    if (dice < 4) {
      ledger.Add(next_tag);
      at_broker[next_tag++] = true;
    } else if (dice < 9 && next_tag > 1) {
      const uint64_t tag = random() % 3 == 0
                               ? 1 + random() % (next_tag - 1)
                               : next_tag - 1 - random() % std::min<uint64_t>(next_tag - 1, 8);
      const auto verb = static_cast<Verb>(random() % 3);
      if (ledger.Settle(tag, verb) == Outcome::kTaken) settled[tag] = verb;
    } else {
      for (const Frame& frame : ledger.TakeFrames()) {
        REQUIRE(at_broker.contains(frame.tag));
        for (auto at = frame.multiple ? at_broker.begin() : at_broker.find(frame.tag);
             at != at_broker.end() && at->first <= frame.tag;) {
          REQUIRE(settled.at(at->first) == frame.verb);
          at = at_broker.erase(at);
        }
      }
      for (const auto& [tag, unsettled] : at_broker) REQUIRE_FALSE(settled.contains(tag));
      REQUIRE(at_broker.size() == ledger.unsettled());
    }
  }
}

}  // namespace
}  // namespace amqp_sidecar::broker
