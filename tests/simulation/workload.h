// Workload: the callers of a run: publishes, subscriptions and topology calls at times and of kinds
// that the seed decides; and others who use the broker. One thread. Checks nothing itself.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "consumer.h"
#include "plan.h"

namespace amqp_sidecar::simulation {

class Workload {
 public:
  Workload(Consumer::Ground ground, ModelBroker& model, const Plan& plan, Random random)
      : ground_(ground), model_(model), plan_(plan), random_(random) {}

  // Sets everything up that happens until `end`.
  void Begin(base::TimePoint end);

  // A publish that has to succeed, where all is well; returns its number.
  size_t PublishProbe();

  const std::vector<std::shared_ptr<Consumer>>& consumers() const { return consumers_; }

 private:
  void PublishBurst();
  void PublishOne();
  void ChooseRoute(broker::PublishRequest& request);
  size_t BodySize();
  base::Duration Deadline();
  size_t Send(broker::PublishRequest request);
  void AddProperties(broker::Properties& properties);
  void PublishByOthers();
  void PutBack();
  void Subscribe();
  void AddTerms(broker::SubscribeRequest& request);
  broker::RetryPolicy RandomPolicy();
  void CallTopology();

  const Consumer::Ground ground_;
  ModelBroker& model_;
  const Plan& plan_;
  Random random_;
  std::vector<std::shared_ptr<Consumer>> consumers_;
};

}  // namespace amqp_sidecar::simulation
