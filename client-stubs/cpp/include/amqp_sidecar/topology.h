// Exchanges, queues and bindings, as Client declares them.
#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "amqp_sidecar/value.h"

namespace amqp_sidecar {

struct Exchange {
  // At most 255 bytes; names that begin with "amq." are the broker's.
  std::string name = {};
  // direct, fanout, topic, headers, or one that a broker plugin brings.
  std::string type = "direct";
  // Survives a broker restart.
  bool durable = true;
  // Deleted by the broker once its last binding is gone.
  bool auto_delete = false;
  // Takes messages from other exchanges only.
  bool internal = false;
  // Such as alternate-exchange.
  Table arguments = {};
};

enum class QueueType {
  kDefault,  // the broker's, for the virtual host
  kClassic,
  kQuorum,
  kStream,
};

struct Queue {
  // Empty lets the sidecar choose; Declare returns it.
  std::string name = {};
  QueueType type = QueueType::kDefault;
  // Survives a broker restart.
  bool durable = true;
  // For the sidecar's connection alone, and deleted with it.
  bool exclusive = false;
  // Deleted by the broker once its last consumer is gone.
  bool auto_delete = false;
  // Such as x-message-ttl or x-dead-letter-exchange.
  Table arguments = {};
};

struct Binding {
  // Empty in SubscribeOptions: there it is the subscription's own queue.
  std::string queue = {};
  std::string exchange = {};
  // The pattern or key that the exchange matches.
  std::string routing_key = {};
  // What a headers exchange matches.
  Table arguments = {};
};

// Declared in this order.
struct Topology {
  std::vector<Exchange> exchanges = {};
  std::vector<Queue> queues = {};
  std::vector<Binding> bindings = {};
};

struct QueueInfo {
  std::string queue;
  // That wait; unsettled ones are not among them.
  std::uint64_t message_count = 0;
  // Of all connections.
  std::uint32_t consumer_count = 0;
};

struct DeleteQueueConditions {
  // Only where it has no consumer; else QUEUE_IN_USE.
  bool if_unused = false;
  // Only where it holds no message; else QUEUE_NOT_EMPTY.
  bool if_empty = false;
};

// Of a call that is not a publish.
struct CallOptions {
  std::chrono::milliseconds timeout = std::chrono::seconds(10);
  // Ends the wait: the call fails with kCancelled, and may have been done.
  std::stop_token stop = {};
};

}  // namespace amqp_sidecar
