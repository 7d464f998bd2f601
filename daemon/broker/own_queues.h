// OwnQueues: the queues that the sidecar itself needs, to have messages wait in or die in: declared
// through the scratch channel when they are needed, and remembered while the link lives. io thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/reactor.h"
#include "broker/scratch_channel.h"

namespace amqp_sidecar::broker {

class OwnQueues {
 public:
  // How the names of temporary queues begin.
  static constexpr std::string_view kTemporaryPrefix = "amqp-sidecar.sub-";

  using Done = amqp::ReplyCallback;

  // A wait queue lives this long beyond its delay after it was last declared, and is declared again
  // this often while it is used: so that it is never gone before what waits in it. RabbitMQ's
  // x-expires does not look whether a queue is empty, and a quorum queue's time goes on while the
  // broker is down: so this is longer than the broker may be.
  static constexpr base::Duration kLifetime = std::chrono::hours(7 * 24);
  // Of one of a temporary queue, to which nothing goes back after an outage.
  static constexpr base::Duration kTemporaryLifetime = std::chrono::minutes(3);
  static constexpr base::Duration kRenewEvery = std::chrono::minutes(1);
  // Names that are remembered at most; more are declared each time.
  static constexpr size_t kMaxKnown = 10'000;
  // What the names of wait queues begin with.
  static constexpr std::string_view kWaitPrefix = "amqp-sidecar.wait.";

  // Both are not owned and outlive this.
  OwnQueues(base::Reactor& reactor, ScratchChannel& scratch)
      : reactor_(reactor), scratch_(scratch) {}

  // "amqp-sidecar.wait.1300ms.billing". A name over 255 bytes (AMQP's bound) ends in a hash.
  static std::string WaitQueueName(const std::string& queue, base::Duration delay);
  // "billing.dead", likewise.
  static std::string DeadQueueName(const std::string& queue);

  // Where messages wait for `delay`, whole milliseconds, and go back to `queue` then. A quorum
  // queue that dead-letters at least once: what it holds outlives a broker's crash, also on its way
  // back. `done` may be called from within.
  void EnsureWaitQueue(const std::string& queue, base::Duration delay, base::TimePoint deadline,
                       Done done);
  // Where messages of `queue` end that has no dead-letter exchange. One that is there already
  // serves as it is.
  void EnsureDeadQueue(const std::string& queue, base::TimePoint deadline, Done done);

  // It turned out not to be there.
  void Forget(const std::string& name) { known_.erase(name); }
  // The link is gone.
  void LinkDown();

 private:
  void Ensure(amqp::QueueArgs queue, base::TimePoint deadline, Done done);
  void OnDeclared(const std::string& name, uint64_t generation, const amqp::Reply& reply);

  base::Reactor& reactor_;
  ScratchChannel& scratch_;
  std::map<std::string, base::TimePoint> known_;  // since when
  // Who waits for the answer to a declare.
  std::map<std::string, std::vector<Done>> declaring_;
  uint64_t generation_ = 0;  // of the link
};

}  // namespace amqp_sidecar::broker
