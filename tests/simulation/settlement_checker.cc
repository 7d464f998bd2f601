#include "settlement_checker.h"

#include <bit>

namespace amqp_sidecar::simulation {

std::string SettlementChecker::Describe(const Key& key) {
  return "delivery " + std::to_string(key.subscription) + "." + std::to_string(key.incarnation) +
         "." + std::to_string(key.tag);
}

void SettlementChecker::Settled(const Key& key, broker::Verb verb) {
  Delivery& delivery = deliveries_[key];
  if (delivery.settled != 0) checker_.Fail(Describe(key) + " settled twice at the broker");
  delivery.settled |= Bit(verb);
  if ((delivery.asked & Bit(verb)) == 0) {
    checker_.Fail(Describe(key) + " settled at the broker as nobody asked");
  }
}

void SettlementChecker::GivenBack(const Key& key, bool by_sidecar) {
  Delivery& delivery = deliveries_[key];
  delivery.given_back = true;
  delivery.given_back_by_sidecar = by_sidecar;
  if (by_sidecar && delivery.told_ok != 0) {
    checker_.Fail(Describe(key) + " was settled with OK and given back by the sidecar");
  }
}

void SettlementChecker::Received(const Key& key) {
  const auto found = deliveries_.find(key);
  if (found == deliveries_.end()) {
    return checker_.Fail(Describe(key) + " was never sent by the broker");
  }
  if (++found->second.received > 1) checker_.Fail(Describe(key) + " handed over twice");
}

void SettlementChecker::Asked(const Key& key, broker::Verb verb) {
  const auto found = deliveries_.find(key);
  if (found != deliveries_.end()) found->second.asked |= Bit(verb);
}

void SettlementChecker::Told(const Key& key, broker::Verb verb, bool ok) {
  const auto found = deliveries_.find(key);
  if (!ok) return;
  if (found == deliveries_.end()) {
    return checker_.Fail(Describe(key) + " was never delivered and settled with OK");
  }
  Delivery& delivery = found->second;
  delivery.told_ok |= Bit(verb);
  if (std::popcount(delivery.told_ok) > 1) {
    checker_.Fail(Describe(key) + " settled with OK in two ways");
  }
  if (delivery.given_back_by_sidecar) {
    checker_.Fail(Describe(key) + " was given back by the sidecar and settled with OK");
  }
}

void SettlementChecker::Finish() {
  for (const auto& [key, delivery] : deliveries_) {
    if (delivery.told_ok != 0 && delivery.settled == 0 && !delivery.given_back) {
      checker_.Fail(Describe(key) + " was settled with OK and never at the broker");
    }
    if (delivery.told_ok != 0 && delivery.settled != 0 && delivery.told_ok != delivery.settled) {
      checker_.Fail(Describe(key) + " settled otherwise at the broker than was said");
    }
  }
}

}  // namespace amqp_sidecar::simulation
