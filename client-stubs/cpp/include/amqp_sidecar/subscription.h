// Subscription: a handler's deliveries from one queue. It comes back by itself when the sidecar
// restarts, and says so.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "amqp_sidecar/delivery.h"
#include "amqp_sidecar/topology.h"

namespace amqp_sidecar {

// Does the work for one delivery. Its return acks, an exception nacks (by the retry policy, else it
// is requeued at once), a Reject rejects, a Retry nacks with its delay.
using Handler = std::function<void(const Delivery&)>;

// What a nack and an expired acknowledgement deadline lead to.
struct RetryPolicy {
  // Deliveries of one message at most, the first included; 0 means no limit.
  std::uint32_t max_attempts = 0;
  // Before the second delivery; doubles with every further one. 10 ms to 24 h.
  std::chrono::milliseconds initial_backoff = std::chrono::seconds(1);
  // The longest that doubling leads to; 0 means 1 min, or initial_backoff where that is longer.
  std::chrono::milliseconds max_backoff = std::chrono::milliseconds(0);
  // Where a message goes after its last attempt, and when it is rejected. Empty: the queue's own
  // dead-letter exchange, else the queue "<queue>.dead".
  std::string dead_letter_exchange = {};
  // Empty keeps the message's own.
  std::string dead_letter_routing_key = {};
};

enum class EventKind {
  kSubscribed,    // the broker accepted the consumer
  kInterrupted,   // the sidecar lost its link; what is unsettled comes again
  kResubscribed,  // the consumer is back
  kDraining,      // the sidecar is shutting down
  kDisconnected,  // the stream to the sidecar ended; a new one is made
  kSettleFailed,  // a settlement did not take, or a deadline was not extended
};

// Such as "DISCONNECTED".
std::string_view NameOf(EventKind kind);

struct Event {
  EventKind kind = EventKind::kSubscribed;
  // Why, for a person. May be empty.
  std::string detail = {};
  // Of kSettleFailed: whose, and one of the constants of namespace reason.
  std::string delivery_id = {};
  std::string reason = {};
};

struct SubscribeOptions {
  // Handlers at once, each on a thread of its own; at least 1.
  std::size_t concurrency = 1;
  // Unsettled deliveries at most, 1 to 65535: those that are worked on and those that wait for it.
  // 0: the sidecar's default (64), or the concurrency where that is more.
  std::uint32_t prefetch = 0;
  // Extended for as long as a delivery is held here; one that is not, as when this process hangs,
  // is delivered again. 0: none, which is what a stream (the kind of queue) wants.
  std::chrono::milliseconds ack_deadline = std::chrono::seconds(30);
  // None: a nack requeues at once.
  std::optional<RetryPolicy> retry = std::nullopt;
  // Be the queue's only consumer.
  bool exclusive = false;
  // Higher is served first.
  std::int32_t priority = 0;
  // Of basic.consume, such as x-stream-offset.
  Table arguments = {};
  // Instead of an existing queue: one that is bound to these. With `queue` empty it lives as long
  // as the subscription.
  std::vector<Binding> bindings = {};
  // On a thread of the subscription's, one at a time. Must not block. By default, and where it
  // throws, events are written to std::clog.
  std::function<void(const Event&)> on_event = {};
  // Begins a graceful stop, as Stop() does with its default timeout.
  std::stop_token stop = {};
};

// Any thread may use it, but not one of its own (a handler, on_event), which would wait for itself:
// there use SubscribeOptions::stop. Exceptions of handlers are written to std::clog, without the
// body.
class Subscription {
 public:
  class Impl;
  explicit Subscription(std::unique_ptr<Impl> impl);
  // Closes it, and waits for the handlers that run.
  ~Subscription();
  Subscription(Subscription&&) noexcept;
  Subscription& operator=(Subscription&&) noexcept;

  // Waits for the end: returns after Stop or Close, throws the Error that ended it. One that ends
  // by itself: QUEUE_NOT_FOUND, QUEUE_EXCLUSIVE, INVALID_SUBSCRIPTION, ACCESS_REFUSED...
  void Wait() const { done_.get(); }
  // The same, to wait with a time limit.
  const std::shared_future<void>& done() const { return done_; }

  // No handler is begun any more, what waits for one is given back, those that run finish and are
  // settled. Returns when the sidecar has confirmed that all is. Throws kDeadlineExceeded when the
  // time is over: then the rest goes back to the queue, and handlers that run still are not waited
  // for. Throws as Wait does, too.
  void Stop(std::chrono::milliseconds timeout = std::chrono::seconds(30));

  // At once: what is not settled goes back to the queue. Does not wait for handlers.
  void Close();

 private:
  std::unique_ptr<Impl> impl_;
  std::shared_future<void> done_;
};

}  // namespace amqp_sidecar
