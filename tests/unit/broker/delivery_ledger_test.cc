#include "broker/delivery_ledger.h"

#include <chrono>
#include <map>
#include <random>
#include <vector>

#include "support/catch.h"

namespace amqp_sidecar::broker {
namespace {

using Frame = DeliveryLedger::Frame;
using Outcome = DeliveryLedger::Outcome;

using Mark = DeliveryLedger::Mark;

constexpr uint32_t kPrefetch = 100;
const base::TimePoint kNow = base::TimePoint(std::chrono::hours(1));

DeliveryLedger::Entry Entry() { return {nullptr, kNow}; }

DeliveryLedger With(uint64_t count) {
  DeliveryLedger ledger(kPrefetch);
  for (uint64_t tag = 1; tag <= count; ++tag) ledger.Add(tag, Entry());
  return ledger;
}

// What the consumer is told; kOpen where it was taken.
Outcome Settle(DeliveryLedger& ledger, uint64_t tag, Verb verb) {
  static constexpr Mark kMarks[] = {Mark::kAcked, Mark::kNacked, Mark::kRejected};
  const Outcome outcome = ledger.Judge(tag, verb);
  if (outcome == Outcome::kOpen) ledger.Settle(tag, kMarks[static_cast<size_t>(verb)], verb);
  return outcome;
}

TEST_CASE("acks of a run from the oldest delivery go as one frame") {
  DeliveryLedger ledger = With(5);
  for (const uint64_t tag : {3, 1, 2}) CHECK(Settle(ledger, tag, Verb::kAck) == Outcome::kOpen);
  CHECK(ledger.TakeFrames() == std::vector<Frame>{{Verb::kAck, 3, true}});
  CHECK(ledger.unsettled() == 2);
}

TEST_CASE("acks behind an unsettled delivery go one by one") {
  DeliveryLedger ledger = With(4);
  Settle(ledger, 2, Verb::kAck);
  Settle(ledger, 3, Verb::kAck);
  CHECK(ledger.TakeFrames() == std::vector<Frame>{{Verb::kAck, 2, false}, {Verb::kAck, 3, false}});
  Settle(ledger, 1, Verb::kAck);
  Settle(ledger, 4, Verb::kAck);
  // The broker knows of those between.
  CHECK(ledger.TakeFrames() == std::vector<Frame>{{Verb::kAck, 4, true}});
}

TEST_CASE("a run ends where the verb changes, and rejects go alone") {
  DeliveryLedger ledger = With(6);
  Settle(ledger, 1, Verb::kAck);
  Settle(ledger, 2, Verb::kAck);
  Settle(ledger, 3, Verb::kReject);
  Settle(ledger, 4, Verb::kNack);
  Settle(ledger, 5, Verb::kNack);
  Settle(ledger, 6, Verb::kAck);
  CHECK(ledger.TakeFrames() == std::vector<Frame>{{Verb::kAck, 2, true},
                                                  {Verb::kReject, 3, false},
                                                  {Verb::kNack, 5, true},
                                                  {Verb::kAck, 6, false}});
}

TEST_CASE("settling again in the same way is repeated, in another is refused") {
  DeliveryLedger ledger = With(1);
  CHECK(Settle(ledger, 1, Verb::kNack) == Outcome::kOpen);
  CHECK(Settle(ledger, 1, Verb::kNack) == Outcome::kRepeated);
  CHECK(Settle(ledger, 1, Verb::kAck) == Outcome::kAlreadySettled);
  CHECK(ledger.TakeFrames().size() == 1);
  CHECK(Settle(ledger, 1, Verb::kNack) == Outcome::kRepeated);
  CHECK(ledger.TakeFrames().empty());
}

TEST_CASE("a tag that was never delivered is unknown") {
  DeliveryLedger ledger = With(2);
  CHECK(Settle(ledger, 0, Verb::kAck) == Outcome::kUnknown);
  CHECK(Settle(ledger, 3, Verb::kAck) == Outcome::kUnknown);
  CHECK(Settle(ledger, UINT64_MAX, Verb::kAck) == Outcome::kUnknown);
  CHECK(ledger.unsettled() == 2);
}

TEST_CASE("the last settlements are remembered, and the memory of them is bounded") {
  const uint64_t count = DeliveryLedger::kRemembered + 3 * kPrefetch;
  DeliveryLedger ledger(kPrefetch);
  for (uint64_t tag = 1; tag <= count; ++tag) {
    ledger.Add(tag, Entry());
    Settle(ledger, tag, Verb::kAck);
    ledger.TakeFrames();
  }
  CHECK(Settle(ledger, 1, Verb::kAck) == Outcome::kAlreadySettled);
  CHECK(Settle(ledger, count, Verb::kAck) == Outcome::kRepeated);
  CHECK(Settle(ledger, count - DeliveryLedger::kRemembered + 1, Verb::kAck) == Outcome::kRepeated);
}

TEST_CASE("a delivery that is settled long after those that came later is remembered like them") {
  DeliveryLedger ledger(kPrefetch);
  ledger.Add(1, Entry());
  for (uint64_t tag = 2; tag <= DeliveryLedger::kRemembered + 3 * kPrefetch; ++tag) {
    ledger.Add(tag, Entry());
    Settle(ledger, tag, Verb::kAck);
    ledger.TakeFrames();
  }
  CHECK(ledger.unsettled() == 1);
  CHECK(Settle(ledger, 1, Verb::kNack) == Outcome::kOpen);
  CHECK(Settle(ledger, 1, Verb::kNack) == Outcome::kRepeated);
  CHECK(Settle(ledger, 1, Verb::kAck) == Outcome::kAlreadySettled);
  CHECK(ledger.TakeFrames() == std::vector<Frame>{{Verb::kNack, 1, false}});
  CHECK(Settle(ledger, 1, Verb::kNack) == Outcome::kRepeated);
}

TEST_CASE("one that is held is settled for its consumer, and unsettled for the broker") {
  DeliveryLedger ledger = With(3);
  ledger.Hold(1, Mark::kNacked);
  Settle(ledger, 2, Verb::kAck);
  CHECK(Settle(ledger, 1, Verb::kNack) == Outcome::kRepeated);
  CHECK(Settle(ledger, 1, Verb::kAck) == Outcome::kAlreadySettled);
  // No frame may speak for the first.
  CHECK(ledger.TakeFrames() == std::vector<Frame>{{Verb::kAck, 2, false}});
  CHECK(ledger.unsettled() == 2);
  ledger.Release(1, Verb::kAck);
  Settle(ledger, 3, Verb::kAck);
  CHECK(ledger.unsettled() == 0);
  CHECK(ledger.TakeFrames() == std::vector<Frame>{{Verb::kAck, 3, true}});
  CHECK(Settle(ledger, 1, Verb::kNack) == Outcome::kRepeated);
}

TEST_CASE("what is due is told in the order of the deadlines, and not when it is settled") {
  DeliveryLedger ledger(kPrefetch);
  for (uint64_t tag = 1; tag <= 3; ++tag) {
    ledger.Add(tag, {nullptr, kNow, kNow + std::chrono::seconds(10 - static_cast<int>(tag))});
  }
  ledger.Add(4, Entry());
  CHECK(ledger.NextDeadline() == kNow + std::chrono::seconds(7));
  CHECK(ledger.Due(kNow + std::chrono::seconds(8)) == std::vector<uint64_t>{3, 2});
  ledger.SetDeadline(3, kNow + std::chrono::seconds(20));
  Settle(ledger, 2, Verb::kAck);
  CHECK(ledger.Due(kNow + std::chrono::seconds(9)) == std::vector<uint64_t>{1});
  ledger.Settle(1, Mark::kExpired, Verb::kNack);
  CHECK(ledger.Judge(1, Verb::kAck) == Outcome::kExpired);
  CHECK(ledger.Judge(1, Verb::kNack) == Outcome::kExpired);
  CHECK(ledger.NextDeadline() == kNow + std::chrono::seconds(20));
}

TEST_CASE("what is withheld is unsettled, and awaited of nobody") {
  DeliveryLedger ledger = With(2);
  ledger.Withhold(2);
  ledger.Withhold(2);
  CHECK(ledger.unsettled() == 2);
  CHECK(ledger.awaited() == 1);
  Settle(ledger, 2, Verb::kAck);
  CHECK(ledger.unsettled() == 1);
  CHECK(ledger.awaited() == 1);
}

// What the broker would hold as unsettled after the frames, which must be what the ledger says; a
// frame about a tag that is not there any more would cost the channel.
TEST_CASE("whatever the order of settlements the frames settle each delivery once") {
  const auto seed = GENERATE(range(0u, 200u));
  std::mt19937 random(seed);
  DeliveryLedger ledger(kPrefetch);
  std::map<uint64_t, Verb> settled;    // by the ledger
  std::map<uint64_t, bool> at_broker;  // unsettled there
  uint64_t next_tag = 1;
  for (int step = 0; step < 300; ++step) {
    const auto dice = random() % 10;
    if (dice < 4) {
      ledger.Add(next_tag, Entry());
      at_broker[next_tag++] = true;
    } else if (dice < 9 && next_tag > 1) {
      const uint64_t tag = random() % 3 == 0
                               ? 1 + random() % (next_tag - 1)
                               : next_tag - 1 - random() % std::min<uint64_t>(next_tag - 1, 8);
      const auto verb = static_cast<Verb>(random() % 3);
      if (Settle(ledger, tag, verb) == Outcome::kOpen) settled[tag] = verb;
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
