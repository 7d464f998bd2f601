// Nemesis: does the faults of a run, when and to whom the seed says, and makes all well again. One
// thread.
#pragma once

#include "model_broker.h"
#include "plan.h"
#include "simulated_network.h"

namespace amqp_sidecar::simulation {

class Nemesis {
 public:
  Nemesis(SimulatedReactor& reactor, Trace& trace, SimulatedNetwork& network, ModelBroker& broker,
          const Plan& plan, Random random)
      : reactor_(reactor),
        trace_(trace),
        network_(network),
        broker_(broker),
        plan_(plan),
        random_(random) {}

  // Sets up what happens until `end`.
  void Begin(base::TimePoint end);
  // From now on network and broker are well; what is broken stays so.
  void Heal();
  // Until Return().
  void TakeBrokerAway();
  // All is as at the beginning: what Begin() sets up happens again.
  void Return();

 private:
  void Strike();
  void Strike(FaultKind kind);
  void DoToSomePipe(FaultKind kind);
  // Ends a mood after a while, unless all was healed before.
  void Later(base::Duration delay, base::Task task);

  SimulatedReactor& reactor_;
  Trace& trace_;
  SimulatedNetwork& network_;
  ModelBroker& broker_;
  const Plan& plan_;
  Random random_;
  bool healed_ = false;
};

}  // namespace amqp_sidecar::simulation
