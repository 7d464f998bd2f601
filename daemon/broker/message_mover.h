// MessageMover: has a message that a consumer could not process wait for its next delivery, or die
// where it should: publishes it, with confirm, to where it belongs. Who settles the original does
// so after that: a crash in between makes a duplicate, never a loss. io thread. Knows no
// deliveries.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "base/reactor.h"
#include "broker/own_queues.h"
#include "broker/publisher.h"
#include "broker/received_message.h"
#include "broker/types.h"

namespace amqp_sidecar::broker {

class MessageMover {
 public:
  // With nothing, the broker has it there. Once, and not from within the call.
  using Done = absl::AnyInvocable<void(std::optional<Error>)>;

  // Both are not owned and outlive this. A move that takes longer than `time` fails.
  MessageMover(base::Reactor& reactor, OwnQueues& queues, Publisher& publisher, base::Duration time)
      : reactor_(reactor), queues_(queues), publisher_(publisher), time_(time) {}

  // To be delivered by `queue` again after `delay`, whole milliseconds.
  void Wait(const std::string& queue, std::shared_ptr<const ReceivedMessage> message,
            base::Duration delay, Done done);

  // To `exchange` with `routing_key`, or the message's own where that is empty; where there is no
  // `exchange`, or it takes nothing (it is not there, is forbidden, or routes nowhere), to
  // "<queue>.dead".
  struct Death {
    std::string queue;
    std::optional<std::string> exchange;
    std::string routing_key;
    DeathNote note;
  };
  void DeadLetter(Death death, std::shared_ptr<const ReceivedMessage> message, Done done);

 private:
  class Published;

  void PublishToWait(const std::string& queue, std::shared_ptr<const ReceivedMessage> message,
                     base::Duration delay, bool again, base::TimePoint deadline, Done done);
  void ToDeadQueue(Death death, std::shared_ptr<const ReceivedMessage> message,
                   base::TimePoint deadline, Done done);
  void Publish(const std::string& exchange, const std::string& routing_key,
               const Properties& properties, std::shared_ptr<const std::string> body,
               base::TimePoint deadline, Done done);

  base::Reactor& reactor_;
  OwnQueues& queues_;
  Publisher& publisher_;
  const base::Duration time_;
};

}  // namespace amqp_sidecar::broker
