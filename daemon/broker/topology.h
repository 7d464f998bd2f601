// TopologyKeeper: what was declared, by configuration or by call, and its declaring again on every
// new link: publishes wait for that, or they would get a false UNROUTABLE. io thread. Declares
// through the scratch channel.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/reactor.h"
#include "broker/exchange_directory.h"
#include "broker/scratch_channel.h"
#include "broker/types.h"

namespace amqp_sidecar::broker {

// INVALID_TOPOLOGY, or nothing: what no broker would take, or what would cost the connection
// (RabbitMQ answers an unknown exchange type with connection.close). Pure.
std::optional<Error> CheckTopology(const Topology& topology);

class TopologyKeeper {
 public:
  // Exchanges, queues and bindings that are kept at most.
  static constexpr size_t kMaxKept = 10'000;
  // A configured item that the broker refused is tried again this often.
  static constexpr base::Duration kRetryEvery = std::chrono::seconds(5);
  static constexpr int kPoisonousAt = 2;

  // The references are not owned and outlive this. `on_change` is called when ready() or error()
  // changed.
  TopologyKeeper(base::Reactor& reactor, ScratchChannel& scratch, ExchangeDirectory& directory,
                 Topology configured, std::function<void()> on_change);

  void LinkUp();
  void LinkDown();

  // Every item was declared or refused on this link: publishes may go.
  bool ready() const { return ready_; }
  // What was refused, for a person; empty where nothing was.
  const std::string& error() const { return error_; }

  // The type of an exchange that is kept here or predeclared by RabbitMQ; empty where it is not
  // known.
  std::string_view TypeOf(std::string_view exchange) const;

  // Whether a queue that is kept here has a dead-letter exchange (x-dead-letter-exchange).
  bool HasDeadLetterExchange(std::string_view queue) const;

  void Declare(Topology topology, base::TimePoint deadline, TopologyCallback done);
  void DeleteQueue(const std::string& name, bool if_unused, bool if_empty, base::TimePoint deadline,
                   TopologyCallback done);
  void DeleteExchange(const std::string& name, bool if_unused, base::TimePoint deadline,
                      TopologyCallback done);
  void UnbindQueue(const Binding& binding, base::TimePoint deadline, TopologyCallback done);
  void PurgeQueue(const std::string& name, base::TimePoint deadline, TopologyCallback done);
  void GetQueue(const std::string& name, base::TimePoint deadline, TopologyCallback done);

 private:
  using Item = std::variant<Exchange, Queue, Binding>;
  struct Run;

  static std::vector<Item> Items(const Topology& topology);
  static std::string Describe(const Item& item);
  static ScratchChannel::Operation DeclareOperation(const Item& item);

  void BeginPass();
  void PassStep(uint64_t pass, std::shared_ptr<std::vector<Item>> items, size_t index,
                std::string errors);
  void PassEnd(std::string errors);
  void RetryPassIn(base::Duration delay);
  void RunStep(std::shared_ptr<Run> run);
  void Keep(const Item& item);
  void ForgetQueue(const std::string& name);
  void ForgetExchange(const std::string& name);
  size_t kept() const {
    return kept_.exchanges.size() + kept_.queues.size() + kept_.bindings.size();
  }

  base::Reactor& reactor_;
  ScratchChannel& scratch_;
  ExchangeDirectory& directory_;
  const std::function<void()> on_change_;

  Topology kept_;
  // Items that were being declared when the broker closed the connection, and how often in a row:
  // once may be chance. From kPoisonousAt on they are not declared again, or they would cost every
  // connection.
  std::map<std::string, int> connections_cost_;
  uint64_t pass_ = 0;  // an answer of an older pass is for nobody
  base::TimerId retry_timer_ = 0;
  bool ready_ = false;
  std::string error_;
};

}  // namespace amqp_sidecar::broker
