// SettlementChecker: what became of each delivery: handed over, settled by its caller, settled at
// the broker, or given back; and whether these agree. One thread.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>

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

  explicit SettlementChecker(Checker& checker) : checker_(checker) {}

  // --- The broker.
  void Sent(const Key& key) { deliveries_[key]; }
  void Settled(const Key& key, broker::Verb verb);
  // Requeued unsettled: its channel was closed by the sidecar, or ended otherwise.
  void GivenBack(const Key& key, bool by_sidecar);

  // --- The callers.
  void Received(const Key& key);
  void Asked(const Key& key, broker::Verb verb);
  void Told(const Key& key, broker::Verb verb, bool ok);

  void Finish();

 private:
  struct Delivery {
    int received = 0;
    unsigned asked = 0;  // a bit for each verb
    unsigned told_ok = 0;
    unsigned settled = 0;
    bool given_back = false;
    bool given_back_by_sidecar = false;
  };

  static unsigned Bit(broker::Verb verb) { return 1u << static_cast<unsigned>(verb); }
  static std::string Describe(const Key& key);

  Checker& checker_;
  std::map<Key, Delivery> deliveries_;
};

}  // namespace amqp_sidecar::simulation
