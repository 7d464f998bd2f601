// What the sidecar writes into a message's headers when it moves it, and reads when it comes back:
// so that a consumer sees the message as it was first published, on every attempt. Pure.
#pragma once

#include <memory>
#include <string>

#include "amqp/channel.h"
#include "broker/retry_plan.h"
#include "broker/types.h"

namespace amqp_sidecar::broker {

// The header of a message that waits, or that has waited, for another delivery: a table with its
// queue, what the wait queue would lose, and how often it was delivered before.
inline constexpr std::string_view kRetryHeader = "x-sidecar-retry";

// A message of `queue` as its consumer is to see it. Where it has waited, its first exchange and
// routing key, and its headers without the traces of the wait; `attempt` counts the attempts before
// the last wait, those that the broker counts (x-delivery-count, or x-acquired-count where that is
// more), and this one.
std::shared_ptr<ReceivedMessage> Receive(amqp::IncomingDelivery&& delivery,
                                         const std::string& queue);

// Whether it came from a stream, which keeps its messages.
bool IsOfStream(const ReceivedMessage& message);
// Where in the stream it is; -1 for one that is not of a stream.
int64_t StreamOffset(const ReceivedMessage& message);

// The properties of `message` on its way through a wait queue of `queue`. Nothing in them has the
// broker route it elsewhere, expire it sooner, or refuse it. message_id is always set.
Properties WaitProperties(const ReceivedMessage& message, const std::string& queue);

// Why a message is dead-lettered.
struct DeathNote {
  FailedBy by = FailedBy::kReject;
  uint32_t attempts = 1;
  std::string reason;  // for a person
  base::WallTime time;
};

// The properties of `message` of `queue` when the sidecar dead-letters it: with x-sidecar-reason,
// -dead-by, -time, -attempts, -queue, -exchange and -routing-key. message_id is always set.
Properties DeadLetterProperties(const ReceivedMessage& message, const std::string& queue,
                                const DeathNote& note);

}  // namespace amqp_sidecar::broker
