// SettlementChecker: what became of each delivery: handed over, settled by its caller, moved by the
// sidecar, settled at the broker, or given back; and whether these agree with each other and with
// what its subscription asked for. One thread.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/types.h"
#include "checker.h"

namespace amqp_sidecar::simulation {

class SettlementChecker {
 public:
  struct Key {
    uint64_t subscription = 0;
    uint64_t incarnation = 0;
    uint64_t tag = 0;
    auto operator<=>(const Key&) const = default;
  };

  // What a subscription says of its deliveries.
  struct Terms {
    std::optional<broker::RetryPolicy> retry;
    base::Duration ack_deadline{};  // 0: none
    // The topology that the sidecar was given has its queue dead-letter.
    bool dead_letters = false;
  };

  // A delivery as the broker sends it.
  struct Outgoing {
    size_t publish = 0;
    Checker::CopyId copy = 0;
    std::string queue;
    uint32_t returns = 0;  // that the broker counts
    bool redelivered = false;
  };

  // A message that the sidecar publishes again, as it comes to a queue.
  struct Move {
    size_t publish = 0;
    std::string from;  // the queue of the delivery
    bool dies = false;
    base::Duration wait{};  // where it does not die
    int64_t attempts = 0;   // as its headers say
    std::string dead_by;
    std::string exchange;  // where it is published
    std::string routing_key;
    std::string first_exchange;  // where it was published, as its headers say
    std::string first_routing_key;
    std::string wrong;  // with it, as it comes
  };

  explicit SettlementChecker(Checker& checker) : checker_(checker) {}

  // --- The broker.
  void Sent(const Key& key, Outgoing outgoing);
  // What the copy came to.
  Fate Settled(const Key& key, broker::Verb verb);
  // Requeued unsettled: its channel was closed by the sidecar, or ended otherwise.
  void GivenBack(const Key& key, bool by_sidecar);
  Checker::CopyId Moved(const Move& move);
  // The sidecar knows now that it arrived.
  void MoveConfirmed(Checker::CopyId copy);

  // --- The callers.
  void Subscribed(uint64_t subscription, Terms terms) { terms_[subscription] = std::move(terms); }
  // The copy that is delivered.
  std::optional<Checker::CopyId> Received(const Key& key, uint32_t attempt, bool redelivered);
  // `call` names the call, which has one of the next two for each of its deliveries.
  void Asked(const Key& key, broker::Verb verb, size_t call,
             std::optional<base::Duration> delay = std::nullopt);
  // With nothing it is settled as asked.
  void Told(const Key& key, broker::Verb verb, size_t call,
            std::optional<broker::SettleReason> failure);
  // The call as a whole was refused.
  void Refused(const Key& key, broker::Verb verb, size_t call);
  // Its body is at fault: it is to be dead-lettered, or rejected, and nobody is told.
  void FoundInvalid(const Key& key, bool dead_letter);
  void AskedForTime(const Key& key, base::Duration ack_deadline);
  void ToldOfTime(const Key& key, base::Duration ack_deadline, base::TimePoint asked);

  // A delivery that the sidecar should have settled at the broker before `time`, and has not; empty
  // where there is none.
  std::string Owed(base::TimePoint time) const;

  void Finish();

 private:
  // What a delivery that is settled, or fails, may come to.
  struct Way {
    enum class Kind { kAck, kRequeue, kReject, kWait, kDie };
    Kind kind;
    broker::Verb verb = broker::Verb::kNack;  // what was asked; a deadline counts as a nack
    base::Duration wait{};                    // of kWait: rounded
    base::TimePoint not_before;               // of kWait
    std::string dead_by;                      // of kDie
  };
  struct Ask {
    broker::Verb verb;
    std::optional<base::Duration> delay;
    base::TimePoint when;
    size_t call = 0;
  };
  struct Delivery {
    Outgoing outgoing;
    uint32_t attempt = 1;
    int received = 0;
    std::vector<Ask> asks;
    // Its time may be up from the first on, and is, where it was received, at the second.
    base::TimePoint deadline_from = base::kNever;
    base::TimePoint deadline_by = base::kNever;
    base::TimePoint invalid_since = base::kNever;  // its body was found at fault
    bool invalid_dies = false;
    unsigned told_ok = 0;  // a bit for each verb
    bool told_not_moved = false;
    base::TimePoint told;
    unsigned settled = 0;
    bool given_back = false;
    bool given_back_by_sidecar = false;
    int moves = 0;
    std::vector<Checker::CopyId> arrived;  // moves that are confirmed
  };

  static unsigned Bit(broker::Verb verb) { return 1u << static_cast<unsigned>(verb); }
  static std::string Describe(const Key& key);
  bool asked(const Delivery& delivery, broker::Verb verb) const;
  // It was asked for in the same way before.
  bool repeated(const Delivery& delivery, broker::Verb verb, size_t call) const;
  bool too_often(const Key& key, const Delivery& delivery) const;
  // Its queue had it back from a wait.
  bool waited(const Delivery& delivery) const;
  std::vector<Way> Ways(const Key& key, const Delivery& delivery) const;
  Way WayOf(const Terms& terms, const Delivery& delivery, const Ask& ask) const;
  bool MayBeMoved(const Way& way, const Move& move) const;
  // The delivery that is moved; null where none may be.
  Delivery* Source(const Move& move, Way& way);
  bool WasMoved(const Key& key, Delivery& delivery);
  void CheckAnswers(const Key& key, const Delivery& delivery);

  Checker& checker_;
  std::map<uint64_t, Terms> terms_;  // by subscription
  std::map<Key, Delivery> deliveries_;
  // By publish and queue.
  std::map<std::pair<size_t, std::string>, std::vector<Key>> of_message_;
  // When a copy that was not handed over was requeued.
  std::map<Checker::CopyId, base::TimePoint> requeued_unseen_;
  std::map<Checker::CopyId, Key> moved_;  // what was moved, by what it became
};

}  // namespace amqp_sidecar::simulation
