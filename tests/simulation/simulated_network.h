// SimulatedNetwork: dials for the sidecar: each connection is a SimulatedPipe, or a dial that
// fails. Assumes no number of connections. One thread.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "simulated_pipe.h"

namespace amqp_sidecar::simulation {

class SimulatedNetwork final : public amqp::Dialer {
 public:
  // How dials end for now.
  enum class Dials { kConnect, kRefused, kTimeOut };

  // `accept` is given each pipe when it is up, and attaches the broker's end.
  SimulatedNetwork(SimulatedReactor& reactor, Trace& trace, Random random,
                   SimulatedPipe::Shape shape,
                   std::function<void(std::shared_ptr<SimulatedPipe>)> accept)
      : reactor_(reactor),
        trace_(trace),
        random_(random),
        shape_(shape),
        accept_(std::move(accept)) {}

  std::unique_ptr<amqp::Transport> Dial(const amqp::Endpoint& endpoint, base::TimePoint deadline,
                                        amqp::Transport::Listener& listener) override;

  void set_dials(Dials dials) { dials_ = dials; }
  // Pipes between the two ends, which a fault may be done to.
  std::vector<SimulatedPipe*> OpenPipes();
  // Called when the client's end of a pipe that was up is gone, by whoever's doing.
  std::function<void()> on_client_end;
  size_t transports() const { return transports_; }
  // The most bytes that were waiting to be written at once, as far as they were shown.
  size_t most_offered() const { return most_offered_; }

 private:
  class End;

  SimulatedReactor& reactor_;
  Trace& trace_;
  Random random_;
  const SimulatedPipe::Shape shape_;
  const std::function<void(std::shared_ptr<SimulatedPipe>)> accept_;
  Dials dials_ = Dials::kConnect;
  uint64_t next_id_ = 1;
  size_t transports_ = 0;
  size_t most_offered_ = 0;
  std::vector<std::weak_ptr<SimulatedPipe>> pipes_;
};

}  // namespace amqp_sidecar::simulation
