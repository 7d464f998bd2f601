// DirectFeed: a queue's deliveries by rabbitmq-c's stock calls, on a connection of their own: one
// queue at a time, each on a fresh channel. One thread; whatever goes wrong throws, and then the
// object is of no further use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

struct amqp_connection_state_t_;

namespace amqp_sidecar::bench {

class DirectFeed {
 public:
  struct Delivery {
    uint64_t tag = 0;
    size_t body_bytes = 0;
    bool redelivered = false;
  };

  explicit DirectFeed(const std::string& uri);
  ~DirectFeed();
  DirectFeed(const DirectFeed&) = delete;
  DirectFeed& operator=(const DirectFeed&) = delete;

  // A channel with basic.qos of kPrefetch, and a consumer that acknowledges.
  void Open(const std::string& queue);
  // Waits for it.
  Delivery Next();
  // All up to `tag`.
  void Ack(uint64_t tag);
  // Cancels the consumer. The broker answers when it has taken every acknowledgement from before.
  void Cancel();
  // Closes the channel: what is not acknowledged goes back to the queue.
  void Close();

 private:
  void Check(const std::string& what);

  amqp_connection_state_t_* connection_;
};

}  // namespace amqp_sidecar::bench
