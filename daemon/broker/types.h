// What goes through the broker layer: messages, deliveries, settlements, topology. Plain values,
// any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "amqp/message.h"
#include "base/clock.h"
#include "broker/counters.h"
#include "broker/delivery_id.h"
#include "broker/reason.h"
#include "json/on_invalid.h"

namespace amqp_sidecar::broker {

using amqp::Bytes;
using amqp::FieldArray;
using amqp::FieldTable;
using amqp::FieldValue;
using amqp::Properties;
using amqp::Timestamp;
using json::OnInvalid;

// ---- Publish

struct PublishRequest {
  std::string exchange;
  std::string routing_key;
  std::string body;
  // Filled in at the door: content_type (application/json), delivery_mode (persistent), message_id
  // (a UUIDv7).
  Properties properties;
  bool allow_unroutable = false;
  // By when the answer is given. A little before the caller stops waiting.
  base::TimePoint deadline;
};

struct PublishResult {
  std::optional<Error> error;  // absent: the broker has it
  std::string message_id;
  bool routed = false;
};
using PublishCallback = absl::AnyInvocable<void(PublishResult)>;

// How the message that was offered to a stream with `tag` ended.
struct StreamResult {
  uint64_t tag = 0;
  PublishResult result;
};

// What a stream of publishes hears. Must not block.
class PublishListener {
 public:
  virtual ~PublishListener() = default;
  // On the io thread, once a turn for all that ended in it; or from within a call of the stream.
  virtual void OnResults(std::vector<StreamResult> results) = 0;
  // A message that was parked may go now. On the io thread, or on the thread of another caller.
  virtual void OnRoom() = 0;
};

// ---- Topology

struct Exchange {
  std::string name;
  std::string type = "direct";
  bool durable = true;
  bool auto_delete = false;
  bool internal = false;
  FieldTable arguments = {};
  bool operator==(const Exchange&) const = default;
};

struct Queue {
  std::string name;  // empty: the sidecar chooses one
  bool durable = true;
  bool exclusive = false;
  bool auto_delete = false;
  FieldTable arguments = {};  // with x-queue-type, where a type is asked for
  bool operator==(const Queue&) const = default;
};

struct Binding {
  std::string queue;
  std::string exchange;
  std::string routing_key;
  FieldTable arguments;
  bool operator==(const Binding&) const = default;
};

struct Topology {
  std::vector<Exchange> exchanges;
  std::vector<Queue> queues;
  std::vector<Binding> bindings;
};

// What the sidecar does about its topology in the broker.
enum class TopologyMode {
  kDeclare,  // declares it, again on every link
  kVerify,   // looks whether exchanges and queues are there; changes nothing
  kNone,     // neither; what is configured is known all the same
};

// How the broker differs from a topology, a line for a person each.
struct TopologyComparison {
  std::optional<Error> error;  // it was not compared to its end
  std::vector<std::string> differences;
  std::vector<std::string> not_compared;  // and why
};
using ComparisonCallback = absl::AnyInvocable<void(TopologyComparison)>;

// The answer to any call about topology; which of the values is set depends on the call.
struct TopologyResult {
  std::optional<Error> error;
  std::vector<std::string> queue_names;
  uint64_t message_count = 0;
  uint32_t consumer_count = 0;
};
using TopologyCallback = absl::AnyInvocable<void(TopologyResult)>;

// ---- Subscribe

// What a Nack and an expired acknowledgement deadline lead to.
struct RetryPolicy {
  uint32_t max_attempts = 0;  // deliveries of one message, the first included; 0: no limit
  base::Duration initial_backoff = std::chrono::seconds(1);  // both kMinDelay to kMaxDelay
  base::Duration max_backoff = std::chrono::minutes(1);
  std::string dead_letter_exchange;     // empty: see RetryPlan
  std::string dead_letter_routing_key;  // empty: the message's own
};

struct SubscribeRequest {
  std::string queue;              // may be empty where there are bindings
  std::vector<Binding> bindings;  // without a queue each
  // The queue is the subscription's alone, and goes with it: named at the door where `queue` is
  // empty.
  bool queue_is_temporary = false;
  uint32_t prefetch = 0;  // 1 to 65535; 0 is the configured default
  // Above 0; 0 is none, and nothing is the configured default.
  std::optional<base::Duration> ack_deadline;
  std::optional<RetryPolicy> retry;
  bool exclusive = false;
  int32_t priority = 0;  // 0 is not sent
  FieldTable arguments;
  std::string peer;  // who asks, for the log and the status
};

enum class SubscriptionEvent { kSubscribed, kInterrupted, kResubscribed, kDraining };

// A message as a consumer gets it: as it was first published, whatever way it took since. The
// ledger keeps it until it is settled, for it may have to be published again. Immutable, any
// thread.
struct ReceivedMessage {
  std::string exchange;
  std::string routing_key;
  Properties properties;
  std::shared_ptr<const std::string> body;
  bool redelivered = false;
  uint32_t attempt = 1;
  // It came from a wait queue: for the broker its exchange is the default one and its key the
  // queue.
  bool waited = false;
  // The time is up: a delivery of it that the client has not been handed yet is not to be. Set by
  // the io thread.
  mutable std::atomic<bool> withdrawn = false;
};

struct Delivery {
  DeliveryId id;
  std::shared_ptr<const std::string> queue;
  std::shared_ptr<const ReceivedMessage> message;
  std::string invalid_reason;
};

// A delivery whose body was found at fault.
struct InvalidDelivery {
  DeliveryId id;
  OnInvalid action = OnInvalid::kDeliver;
  std::string reason;  // for a person
};

// What a subscription tells its caller. Called on the io thread, one call at a time, and must not
// block. OnEnd is the last call.
class SubscriptionListener {
 public:
  virtual ~SubscriptionListener() = default;
  virtual void OnEvent(SubscriptionEvent event, std::string detail) = 0;
  // In order; what came in one turn of the io thread.
  virtual void OnDeliveries(std::vector<Delivery> deliveries) = 0;
  // Messages that were handed over are withdrawn: they say so themselves.
  virtual void OnWithdrawn() = 0;
  // Nothing: it came to the end that its caller asked for.
  virtual void OnEnd(std::optional<Error> why) = 0;
};

// Names a subscription of this process. 0 names none.
using SubscriptionId = uint64_t;

// ---- Settle

enum class Verb { kAck, kNack, kReject };

// What its caller wants done with some deliveries.
struct Settlement {
  Verb verb = Verb::kAck;
  std::vector<std::string> delivery_ids;  // of any subscriptions
  // Of a nack: kMinDelay to kMaxDelay. Nothing: the retry policy's backoff, or at once.
  std::optional<base::Duration> delay;
  // Of a nack without a delay: the work was not begun. At once, and by no retry policy.
  bool not_attempted = false;
  std::string cause;  // of a reject, for a person
};

struct SettleFailure {
  std::string delivery_id;
  SettleReason reason = SettleReason::kUnknownDelivery;
  std::string detail;
};

struct SettleResult {
  std::optional<Error> error;  // the call as a whole was refused: nothing was settled
  std::vector<SettleFailure> failures;
};
using SettleCallback = absl::AnyInvocable<void(SettleResult)>;

// How long a message may wait before it is delivered again.
inline constexpr base::Duration kMinDelay = std::chrono::milliseconds(10);
inline constexpr base::Duration kMaxDelay = std::chrono::hours(24);

// ---- Status

enum class ConnectionState { kConnecting, kReady, kBlocked, kBackingOff, kDraining };

struct ConnectionSnapshot {
  ConnectionState state = ConnectionState::kConnecting;
  std::string endpoint;  // host:port, never credentials
  std::string broker_product;
  std::string broker_version;
  base::WallTime since;
  uint64_t reconnects = 0;
  std::string last_error;
  base::WallTime next_attempt_at;
  std::string blocked_reason;
  base::Duration blocked_before{};  // in all, before the present state
  uint32_t channels_open = 0;
  uint32_t channels_max = 0;

  bool up() const { return state == ConnectionState::kReady || state == ConnectionState::kBlocked; }
};

// One subscription, since it was begun. Written by the io thread, read by any.
struct SubscriptionStatus {
  std::string consumer_tag;  // of its present incarnation is "<this>-<number>"
  std::string peer;
  uint32_t prefetch = 0;
  std::shared_ptr<const std::string> queue;

  bool temporary = false;  // the queue goes with the subscription, and its name was made up

  DeliveryCounts counts;
  std::atomic<bool> active = false;  // the broker has its consumer now
  std::atomic<uint32_t> unsettled = 0;
  // When the oldest of them came, as steady_clock counts; kNoneUnsettled where there is none.
  static constexpr base::TimePoint kNoneUnsettled = base::TimePoint::max();
  std::atomic<base::TimePoint> oldest_unsettled = kNoneUnsettled;

  // Here, and in the figures over all subscriptions. Io thread.
  void Add(Count DeliveryCounts::* what, uint64_t more = 1) {
    (counts.*what).fetch_add(more, std::memory_order_relaxed);
    if (totals != nullptr) (totals->*what).fetch_add(more, std::memory_order_relaxed);
  }
  DeliveryCounts* totals = nullptr;  // not owned; outlives the io thread's use of this
};

// What is between the door and its answer, and the bounds of it.
struct Load {
  size_t messages = 0;
  size_t bytes = 0;
  size_t max_messages = 0;
  size_t max_bytes = 0;
};

// What the broker layer looks like from outside: immutable, swapped whole by the io thread.
struct Snapshot {
  ConnectionSnapshot connection;
  // Where subscriptions have one of their own.
  std::optional<ConnectionSnapshot> consumer_connection;
  // The configured topology stands in the broker, since the link came up.
  bool topology_declared = false;
  std::string topology_error;
  // Those that are open. What they count goes on.
  std::vector<std::shared_ptr<const SubscriptionStatus>> subscriptions;

  const ConnectionSnapshot& consuming() const {
    return consumer_connection ? *consumer_connection : connection;
  }
};

}  // namespace amqp_sidecar::broker
