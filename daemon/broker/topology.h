// TopologyKeeper: what was declared, by configuration or by call, and its declaring again on every
// new link: publishes wait for that, or they would get a false UNROUTABLE. io thread. Declares
// through the scratch channel.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/reactor.h"
#include "broker/exchange_directory.h"
#include "broker/kept_topology.h"
#include "broker/queue_types.h"
#include "broker/scratch_channel.h"
#include "broker/topology_pass.h"
#include "broker/types.h"

namespace amqp_sidecar::broker {

class TopologyKeeper final : private TopologyPass::Listener {
 public:
  // Exchanges, queues and bindings that are kept at most.
  static constexpr size_t kMaxKept = 10'000;

  struct Options {
    Topology configured;
    TopologyMode mode = TopologyMode::kDeclare;
  };

  // The references are not owned and outlive this. `on_change` is called when ready() or error()
  // changed.
  TopologyKeeper(base::Reactor& reactor, ScratchChannel& scratch, ExchangeDirectory& directory,
                 QueueTypes& queue_types, Options options, std::function<void()> on_change);

  void LinkUp();
  void LinkDown();

  // Every item was declared, looked for or refused on this link: publishes may go.
  bool ready() const { return pass_.ended(); }
  // What was refused or is missing, for a person; empty where nothing is.
  const std::string& error() const { return pass_.error(); }

  // The type of an exchange that is kept here or predeclared by RabbitMQ; empty where it is not
  // known.
  std::string_view TypeOf(std::string_view exchange) const;

  // Where the broker puts what this queue rejects: its argument x-dead-letter-exchange, empty for
  // the default exchange. Nothing where it has none, or is not known here. Valid until the next
  // change of what is kept.
  std::optional<std::string_view> DeadLetterExchangeOf(std::string_view queue) const;
  // And by which key (x-dead-letter-routing-key); empty: by the message's own.
  std::string_view DeadLetterRoutingKeyOf(std::string_view queue) const;

  // Those that would change the topology fail with ACCESS_REFUSED where the mode is not kDeclare.
  // What would make RabbitMQ close the connection, and can be known before, fails with
  // INVALID_TOPOLOGY, and is not sent.
  void Declare(Topology topology, base::TimePoint deadline, TopologyCallback done);
  void DeleteQueue(const std::string& name, bool if_unused, bool if_empty, base::TimePoint deadline,
                   TopologyCallback done);
  void DeleteExchange(const std::string& name, bool if_unused, base::TimePoint deadline,
                      TopologyCallback done);
  void UnbindQueue(const Binding& binding, base::TimePoint deadline, TopologyCallback done);
  void PurgeQueue(const std::string& name, base::TimePoint deadline, TopologyCallback done);
  void GetQueue(const std::string& name, base::TimePoint deadline, TopologyCallback done);

  // Compares what is kept with the broker's, and changes nothing.
  void Compare(base::TimePoint deadline, ComparisonCallback done);

 private:
  struct Run;

  // A text in the arguments of a queue that is kept here.
  std::optional<std::string_view> TextArgumentOf(std::string_view queue,
                                                 const std::string& name) const;

  // TopologyPass::Listener:
  void OnItemStands(const TopologyItem& item) override;
  void OnPassEnd() override { on_change_(); }

  bool MayChange(TopologyCallback& done) const;
  void RunStep(std::shared_ptr<Run> run);
  void RunFailed(std::shared_ptr<Run> run, const TopologyItem& item, const amqp::Reply& reply);
  void Learn(const TopologyItem& item);
  void SendDeleteQueue(const std::string& name, bool if_unused, bool if_empty,
                       base::TimePoint deadline, TopologyCallback done);
  void SendPurgeQueue(const std::string& name, base::TimePoint deadline, TopologyCallback done);

  // Constant after construction.
  ScratchChannel& scratch_;
  ExchangeDirectory& directory_;
  QueueTypes& queue_types_;
  const TopologyMode mode_;
  const std::function<void()> on_change_;

  // Owned by the io thread.
  KeptTopology kept_;
  TopologyPass pass_;
};

}  // namespace amqp_sidecar::broker
