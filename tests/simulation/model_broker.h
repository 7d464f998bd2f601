// ModelBroker: what RabbitMQ keeps while connections come and go: exchanges, queues, bindings,
// messages; and its moods: alarm, restart, refused logins, slow confirms. One thread. Its
// connections are ModelConnection; nothing that it does is against AMQP 0-9-1 or RabbitMQ's habits.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checker.h"
#include "model_queue.h"
#include "random.h"
#include "settlement_checker.h"
#include "simulated_network.h"

namespace amqp_sidecar::simulation {

class ModelConnection;

class ModelBroker {
 public:
  struct Options {
    uint32_t frame_max = 4096;
    uint16_t channel_max = 64;
    uint16_t heartbeat = 2;  // seconds
    size_t max_message_bytes = 20'000;
    base::Duration max_confirm_latency = std::chrono::milliseconds(5);
    base::Duration close_repeats_every = std::chrono::milliseconds(200);
    // The user may not declare it.
    std::string forbidden_queue;
    // Dead-letters as RabbitMQ 4 does, rather than 3.10.
    bool newer = false;
  };

  enum class Login { kOk, kRefused, kNoVhost };

  ModelBroker(SimulatedReactor& reactor, Trace& trace, Checker& checker,
              SettlementChecker& settlements, Random random, Options options);
  ~ModelBroker();

  // --- Network.
  void Accept(std::shared_ptr<SimulatedPipe> pipe);
  bool up() const { return up_; }

  // --- Moods.
  void SetAlarm(bool on);
  bool alarm() const { return alarm_; }
  void SetLogin(Login login) { login_ = login; }
  Login login() const { return login_; }
  // How often a publish that is routed is refused all the same.
  void SetNacks(double share) { nacks_ = share; }
  // No confirm goes out before.
  void HoldConfirms(base::TimePoint until) { confirms_from_ = until; }
  base::TimePoint confirms_from() const { return confirms_from_; }
  // Down now; what is not durable is gone, what is not confirmed may be.
  void GoDown(bool politely);
  void ComeUp();

  // --- Faults on one of what there is; nothing where there is none.
  void CloseSomeChannel();
  void StallSomeChannel(base::TimePoint until);
  void CloseSomeConnection();
  void CancelSomeConsumer();
  void DeleteSomeQueue();
  void DeleteSomeExchange();
  // A message that came by other ways than the sidecar, to the queue that it names.
  void TakeFromOthers(size_t publish, const amqp::Properties& properties);
  // What waits in one queue to another, as it is; nothing where one of them is not there.
  void MoveAll(const std::string& from, const std::string& to);
  // Ends every stall.
  void Heal();

  // --- For the connections.
  SimulatedReactor& reactor() { return reactor_; }
  Trace& trace() { return trace_; }
  Checker& checker() { return checker_; }
  SettlementChecker& settlements() { return settlements_; }
  Random& random() { return random_; }
  const Options& options() const { return options_; }

  // Where a publish went.
  struct Routed {
    bool exchange_found = true;
    bool refused = false;  // by a queue, or by a mood
    std::vector<Checker::CopyId> copies;
    bool returned = false;  // no queue matched
  };
  Routed Route(const std::shared_ptr<const ModelMessage>& message);
  ModelQueue* FindQueue(const std::string& name);
  // An exchange's type; null where there is none.
  const std::string* FindExchange(const std::string& name) const;
  void DeclareExchange(const std::string& name, const std::string& type, bool durable);
  void DeclareQueue(ModelQueue queue);
  bool Bind(const std::string& queue, const std::string& exchange, const std::string& key);
  void Unbind(const std::string& queue, const std::string& exchange, const std::string& key);
  bool ExchangeInUse(const std::string& name) const;
  void DeleteExchange(const std::string& name);
  size_t Purge(ModelQueue& queue);
  size_t DeleteQueue(const std::string& name);
  // Back to where it was, or nowhere, if the queue is another by now.
  void Requeue(const std::string& queue, uint64_t incarnation, ModelCopy copy);
  // Taken out of its queue for good: to where that dead-letters, or nowhere.
  void Reject(const std::string& queue, ModelCopy copy);
  // Nobody needs to use it for another while.
  void Renew(ModelQueue& queue) { queue.last_used = reactor_.Now(); }
  // Hands out what is ready, at the end of the turn.
  void PumpSoon(const std::string& queue);
  void RemoveConsumers(const ModelChannel& channel);
  void ForgetLater(ModelConnection& connection);

  // --- For the checks.
  // What has arrived where it was dead-lettered to is not also where it was.
  void NoteDeadLetters();
  size_t held() const;
  size_t connections() const { return connections_.size(); }
  // Of all connections: channels that are open, and those that wait for the sidecar's close-ok.
  size_t open_channels() const;
  size_t closing_channels() const;
  bool HasQueue(const std::string& name) const { return queues_.contains(name); }

 private:
  struct Exchange {
    std::string type;
    bool durable = true;
  };
  struct Binding {
    std::string queue;
    std::string exchange;
    std::string key;
    auto operator<=>(const Binding&) const = default;
  };

  std::vector<std::string> QueuesFor(const ModelMessage& message) const;
  void AddQueuesFor(const std::string& exchange, const std::string& key,
                    std::vector<std::string>& names) const;
  // At its end.
  void Put(ModelQueue& queue, ModelCopy copy);
  void Pump(const std::string& name);

  // --- Dead letters (model_dead_letters.cc).
  enum class Arrival { kTaken, kNowhere, kInCircles };
  // The message as it goes on from a queue.
  std::shared_ptr<const ModelMessage> DeadLetterOf(const ModelQueue& queue,
                                                   const ModelMessage& message, Death death) const;
  // Puts what a queue had as `copy` where it is to go.
  Arrival Arrive(const ModelQueue& from, const ModelMessage& message, Checker::CopyId copy,
                 Death death);
  void DeadLetter(ModelQueue& queue, ModelCopy copy, Death death);
  void TryToLeave(const std::string& name, uint64_t incarnation, Checker::CopyId copy);
  void Leave(const std::string& name, uint64_t incarnation, Checker::CopyId copy);
  // Of those that wait for a consumer.
  void ExpireMessages(const std::string& name, uint64_t incarnation);
  void ExpireSoon(const ModelQueue& queue, base::TimePoint when);
  void CheckLease(const std::string& name, uint64_t incarnation);
  void CheckLeaseAt(const ModelQueue& queue, base::TimePoint when);
  void DropQueue(const std::string& name, Fate fate);
  void LoseTransient();
  std::vector<ModelChannel*> OpenChannels();

  SimulatedReactor& reactor_;
  Trace& trace_;
  Checker& checker_;
  SettlementChecker& settlements_;
  Random random_;
  const Options options_;

  bool up_ = true;
  bool alarm_ = false;
  Login login_ = Login::kOk;
  double nacks_ = 0;
  base::TimePoint confirms_from_;
  std::map<std::string, Exchange> exchanges_;
  std::map<std::string, ModelQueue> queues_;
  std::vector<Binding> bindings_;
  uint64_t next_incarnation_ = 1;
  std::vector<std::unique_ptr<ModelConnection>> connections_;
  uint64_t next_connection_ = 1;
  int internal_errors_ = 0;
};

}  // namespace amqp_sidecar::simulation
