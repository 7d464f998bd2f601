// Consumer: a caller with a subscription: settles what it gets, well or badly, and checks that it
// is told things in an order that makes sense. One thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/broker.h"
#include "checker.h"
#include "random.h"
#include "settlement_checker.h"
#include "simulated_reactor.h"

namespace amqp_sidecar::simulation {

class Consumer final : public broker::SubscriptionListener,
                       public std::enable_shared_from_this<Consumer> {
 public:
  struct Ground {
    SimulatedReactor& reactor;
    Trace& trace;
    Checker& checker;
    SettlementChecker& settlements;
    broker::Broker& broker;
  };

  struct Habits {
    bool bad = false;       // settles twice, late, in two ways, or what it never had
    bool delays = false;    // nacks with a delay
    bool invalid = false;   // a rule keeps some deliveries from it
    double failures = 0.2;  // how often it does not ack
  };

  Consumer(Ground ground, Random random, Habits habits)
      : ground_(ground), random_(random), habits_(habits) {}

  // `terms`: what `request` comes to.
  void Subscribe(broker::SubscribeRequest request, SettlementChecker::Terms terms);
  // The caller goes away.
  void Leave();
  // The caller wants no more, and settles what it has.
  void Finish();

  bool ended() const { return state_ == State::kEnded; }
  bool left() const { return left_; }
  // Nothing more is to come of it.
  bool leaving() const { return left_ || finishing_; }
  bool active() const { return state_ == State::kActive; }
  broker::SubscriptionId id() const { return id_; }
  std::string Describe() const;
  const std::string& queue() const { return queue_; }
  bool exclusive() const { return exclusive_; }

  // broker::SubscriptionListener:
  void OnEvent(broker::SubscriptionEvent event, std::string detail) override;
  void OnDeliveries(std::vector<broker::Delivery> deliveries) override;
  // What was withdrawn is settled all the same, to be refused.
  void OnWithdrawn() override {}
  void OnEnd(std::optional<broker::Error> why) override;

 private:
  enum class State { kNew, kActive, kInterrupted, kDraining, kEnded };
  struct Held {
    SettlementChecker::Key key;
    std::string id;
  };

  void OnDelivery(const broker::Delivery& delivery);
  void SettleLater(Held held);
  void FindInvalid(const broker::DeliveryId& id, const Held& held);
  void Settle(broker::Verb verb, std::vector<Held> held);
  void OnSettled(broker::Verb verb, size_t call, const std::vector<Held>& held,
                 const broker::SettleResult& result);
  void ExtendLater(const Held& held);
  void Extend(const Held& held);
  broker::Verb RandomVerb();
  std::string Garbage();

  const Ground ground_;
  Random random_;
  const Habits habits_;
  State state_ = State::kNew;
  bool was_active_ = false;
  bool left_ = false;
  bool finishing_ = false;
  bool gone_ = false;  // its leaving was dealt with: nothing may come any more
  broker::SubscriptionId id_ = 0;
  std::string queue_;
  bool exclusive_ = false;
  bool has_deadline_ = false;
  std::vector<Held> old_;  // to be settled once more
};

}  // namespace amqp_sidecar::simulation
