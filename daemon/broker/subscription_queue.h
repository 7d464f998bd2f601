// SubscriptionQueue: the queue of a subscription to exchanges: has it declared and bound before the
// subscription consumes from it, on every link anew. io thread. Declares through the scratch
// channel.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "broker/scratch_channel.h"
#include "broker/types.h"

namespace amqp_sidecar::broker {

class SubscriptionQueue {
 public:
  // Nothing: it stands.
  using Done = absl::AnyInvocable<void(std::optional<amqp::Failure>)>;

  // A temporary queue is for this connection alone, and goes with its last consumer. Another is
  // taken as it is where it is there, else declared durable. Bindings name no queue. `scratch` is
  // not owned and outlives this.
  SubscriptionQueue(ScratchChannel& scratch, std::string name, bool temporary,
                    std::vector<Binding> bindings)
      : scratch_(scratch),
        name_(std::move(name)),
        temporary_(temporary),
        bindings_(std::move(bindings)) {}

  // `done` is called once, not from within; not after the next call, nor after the end of this.
  void Prepare(Done done);

 private:
  struct Run {
    Done done;
    size_t next_binding = 0;
  };

  using Then = absl::AnyInvocable<void(const amqp::Reply&)>;

  // `then` is called unless `run` is over by the time.
  void Do(std::weak_ptr<Run> run, ScratchChannel::Operation operation, Then then);
  void Check();
  void Declare();
  void Bind();
  void Finish(std::optional<amqp::Failure> failure);

  ScratchChannel& scratch_;
  const std::string name_;
  const bool temporary_;
  const std::vector<Binding> bindings_;
  std::shared_ptr<Run> run_;
};

}  // namespace amqp_sidecar::broker
