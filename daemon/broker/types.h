// What goes through the broker layer: messages, deliveries, settlements, topology. Plain values,
// any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "amqp/message.h"
#include "base/clock.h"
#include "broker/reason.h"

namespace amqp_sidecar::broker {

using amqp::Bytes;
using amqp::FieldArray;
using amqp::FieldTable;
using amqp::FieldValue;
using amqp::Properties;
using amqp::Timestamp;

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

// ---- Subscribe and settle

struct SubscribeRequest {
  std::string queue;
  uint32_t prefetch = 0;  // 1 to 65535; 0 is the configured default
  bool exclusive = false;
  int32_t priority = 0;  // 0 is not sent
  FieldTable arguments;
  std::string peer;  // who asks, for the log and the status
};

enum class SubscriptionEvent { kSubscribed, kInterrupted, kResubscribed, kDraining };

struct Delivery {
  std::string id;
  std::string queue;
  std::string exchange;
  std::string routing_key;
  std::string body;
  Properties properties;
  bool redelivered = false;
  uint32_t attempt = 1;
  std::string invalid_reason;
};

// What a subscription tells its caller. Called on the io thread, one call at a time, and must not
// block. OnEnd is the last call.
class SubscriptionListener {
 public:
  virtual ~SubscriptionListener() = default;
  virtual void OnEvent(SubscriptionEvent event, std::string detail) = 0;
  virtual void OnDelivery(Delivery delivery) = 0;
  virtual void OnEnd(Error why) = 0;
};

// Names a subscription of this process. 0 names none.
using SubscriptionId = uint64_t;

enum class Verb { kAck, kNack, kReject };

enum class SettleReason { kUnknownDelivery, kAlreadySettled, kDeadlineExpired, kStaleDelivery };
// As on the wire: "UNKNOWN_DELIVERY".
std::string_view SettleReasonName(SettleReason reason);

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
  uint32_t channels_open = 0;
  uint32_t channels_max = 0;

  bool up() const { return state == ConnectionState::kReady || state == ConnectionState::kBlocked; }
};

// What the broker layer looks like from outside: immutable, swapped whole by the io thread.
struct Snapshot {
  ConnectionSnapshot connection;
  // Where subscriptions have one of their own.
  std::optional<ConnectionSnapshot> consumer_connection;
  // The configured topology stands in the broker, since the link came up.
  bool topology_declared = false;
  std::string topology_error;
  uint32_t subscriptions = 0;

  const ConnectionSnapshot& consuming() const {
    return consumer_connection ? *consumer_connection : connection;
  }
};

}  // namespace amqp_sidecar::broker
