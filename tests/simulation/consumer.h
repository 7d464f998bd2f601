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

  // `bad`: settles twice, late, in two ways, or what it never had.
  Consumer(Ground ground, Random random, bool bad) : ground_(ground), random_(random), bad_(bad) {}

  void Subscribe(broker::SubscribeRequest request);
  // The caller goes away.
  void Leave();

  bool ended() const { return state_ == State::kEnded; }
  bool left() const { return left_; }
  bool active() const { return state_ == State::kActive; }
  broker::SubscriptionId id() const { return id_; }
  std::string Describe() const;
  const std::string& queue() const { return queue_; }
  bool exclusive() const { return exclusive_; }

  // broker::SubscriptionListener:
  void OnEvent(broker::SubscriptionEvent event, std::string detail) override;
  void OnDeliveries(std::vector<broker::Delivery> deliveries) override;
  void OnWithdrawn() override {}
  void OnEnd(std::optional<broker::Error> why) override;

 private:
  enum class State { kNew, kActive, kInterrupted, kDraining, kEnded };
  struct Held {
    SettlementChecker::Key key;
    std::string id;
  };

  void Take(const broker::Delivery& delivery);
  void CheckDelivery(const broker::Delivery& delivery);
  void SettleLater(Held held);
  void Settle(broker::Verb verb, std::vector<Held> held);
  broker::Verb RandomVerb();
  std::string Garbage();

  const Ground ground_;
  Random random_;
  const bool bad_;
  State state_ = State::kNew;
  bool was_active_ = false;
  bool left_ = false;
  bool gone_ = false;  // its leaving was dealt with: nothing may come any more
  broker::SubscriptionId id_ = 0;
  std::string queue_;
  bool exclusive_ = false;
  std::vector<Held> old_;  // to be settled once more
};

}  // namespace amqp_sidecar::simulation
