// ModelChannel: one channel of the model broker: executes methods in order, keeps what is unacked
// and what is unconfirmed, closes as RabbitMQ does. One thread. Its connection cuts frames for it.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/types.h"
#include "model_queue.h"
#include "model_wire.h"
#include "settlement_checker.h"

namespace amqp_sidecar::simulation {

class ModelBroker;
class ModelConnection;

class ModelChannel {
 public:
  // A method as it came, with its content where it has one.
  struct Command {
    Method method;
    std::string arguments;
    std::shared_ptr<ModelMessage> message;
  };

  ModelChannel(ModelBroker& broker, ModelConnection& connection, uint16_t number);
  ~ModelChannel();

  uint16_t number() const { return number_; }
  // channel.open was executed, and no side has closed it.
  bool open() const { return state_ == State::kOpen; }
  // channel.close was sent, and close-ok has not come.
  bool closing() const { return state_ == State::kClosing; }
  bool consuming() const { return open() && !consumer_tag_.empty(); }

  void Enqueue(Command command);
  // A publish came, executed or not.
  bool published = false;

  // --- From the broker.
  bool HasRoom() const;
  void Deliver(const std::string& tag, const std::string& queue, uint64_t incarnation,
               ModelCopy copy);
  void CloseByBroker(uint16_t code, const std::string& text);
  void QueueGone(const std::string& tag);
  // basic.cancel without a reason that shows.
  void CancelConsumer();
  // Executes nothing before `until`.
  void Stall(base::TimePoint until);
  // No stall, and no confirm that is held back, any more.
  void Heal();
  // Executes what has come, stall or no stall.
  void FinishInbox();
  void DropUnacked(const std::string& queue, uint64_t incarnation, Fate fate);
  // The channel is over: everything goes back to its queue.
  void End(bool by_sidecar);

 private:
  enum class State { kNew, kOpen, kClosing, kEnded };

  struct Unacked {
    std::string queue;  // empty: it is gone
    uint64_t incarnation = 0;
    ModelCopy copy;
    SettlementChecker::Key key;
  };
  struct Unconfirmed {
    bool acked = true;
    bool returned = false;
    size_t publish = 0;
    bool move = false;
    std::vector<Checker::CopyId> copies;
    base::TimePoint due;
  };

  void Process();
  void Execute(Command& command);
  void Send(std::string bytes);
  void Send(MethodFrame frame) { Send(frame.Bytes()); }
  void Malformed(Method method);
  void NotFound(const std::string& what, const std::string& name);

  void OnExchangeDeclare(WireReader args);
  void OnExchangeDelete(WireReader args);
  void OnQueueDeclare(WireReader args);
  void OnQueueBind(WireReader args, bool bind);
  void OnQueuePurge(WireReader args);
  void OnQueueDelete(WireReader args);
  void OnQos(WireReader args);
  void OnConsume(WireReader args);
  void OnCancel(WireReader args);
  void OnPublish(const std::shared_ptr<ModelMessage>& message);
  void OnSettle(WireReader args, Method method);

  void Settle(uint64_t tag, broker::Verb verb, bool requeue);
  void RemoveConsumer();
  void EmitConfirms();
  void EmitConfirm(uint64_t tag, bool multiple, bool acked);
  // Runs `task` later, where the channel still is.
  void Later(base::TimePoint when, void (ModelChannel::*task)());
  void RepeatClose();

  ModelBroker& broker_;
  ModelConnection& connection_;
  const uint16_t number_;
  State state_ = State::kNew;
  std::string close_frame_;  // what was sent
  std::deque<Command> inbox_;
  base::TimePoint stalled_until_;
  bool resumes_ = false;

  uint16_t prefetch_ = 0;
  std::string consumer_tag_;
  std::string consumer_queue_;
  uint64_t next_delivery_tag_ = 1;
  std::map<uint64_t, Unacked> unacked_;

  bool confirms_ = false;
  uint64_t next_publish_tag_ = 1;
  std::map<uint64_t, Unconfirmed> unconfirmed_;

  const std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace amqp_sidecar::simulation
