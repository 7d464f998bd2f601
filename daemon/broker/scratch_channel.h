// ScratchChannel: does the operations that may cost their channel (declares, deletes, passive
// checks), one at a time, on a channel that carries nothing else; opens another when the broker
// closes it. io thread. Knows nothing of what the operations are for.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "amqp/connection.h"
#include "amqp/link.h"
#include "base/reactor.h"

namespace amqp_sidecar::broker {

class ScratchChannel final : public amqp::Channel::Listener {
 public:
  // Makes a call on the channel and hands it the callback; of several, the last one: they are
  // pipelined, and where one fails, so do those behind it. May be run again after a reconnect, so
  // it must be idempotent.
  using Operation = absl::AnyInvocable<void(amqp::Channel&, amqp::ReplyCallback)>;

  // Operations that may wait; one more fails with kNoChannel.
  static constexpr size_t kMaxWaiting = 10'000;

  // Both are not owned and outlive this.
  ScratchChannel(base::Reactor& reactor, amqp::Link& link) : reactor_(reactor), link_(link) {}

  // Runs `operation` in its turn, waiting for the link where it is away. `done` is called once, not
  // from within: with the broker's answer; with kTimedOut where `deadline` passed after it was
  // sent, also on a link that is gone; with kLinkLost where it passed before.
  void Run(Operation operation, base::TimePoint deadline, amqp::ReplyCallback done);

  // The same, for what may have become needless by its turn: `needless` is asked just before
  // `operation` would be sent, each time, and where it says so, `done` gets an OK and nothing is
  // sent. What was answered before is known then: answers come in the order of the operations.
  using Condition = absl::AnyInvocable<bool()>;
  void RunUnless(Condition needless, Operation operation, base::TimePoint deadline,
                 amqp::ReplyCallback done);

  // The sidecar ends: every operation that waits fails with kClosedHere.
  void AnswerAll();

  void LinkUp(amqp::Connection& connection);
  void LinkDown(const amqp::Failure& failure);

  // amqp::Channel::Listener:
  void OnConfirm(uint64_t, bool, bool) override {}
  void OnReturn(amqp::IncomingReturn) override {}
  void OnDelivery(amqp::IncomingDelivery&&) override {}
  void OnOversizedDelivery(uint64_t, uint64_t) override {}
  void OnConsumerCancelled(std::string_view) override {}
  void OnClosed(const amqp::Failure& failure) override;

 private:
  struct Item {
    uint64_t id = 0;
    Condition needless;  // empty: never
    Operation operation;
    amqp::ReplyCallback done;  // empty once it has been called
    base::TimerId timer = 0;
    bool sent = false;      // on this link
    bool was_sent = false;  // on any
  };

  void PumpSoon();
  void Pump();
  void Send();
  void OnReply(uint64_t id, const amqp::Reply& reply);
  void OnDeadline(uint64_t id);
  void FinishFront(const amqp::Reply& reply);

  base::Reactor& reactor_;
  amqp::Link& link_;
  amqp::Connection* connection_ = nullptr;
  amqp::Channel* channel_ = nullptr;
  std::list<Item> items_;  // the front is the one that is being done
  uint64_t next_id_ = 1;
  bool pumping_ = false;
};

}  // namespace amqp_sidecar::broker
