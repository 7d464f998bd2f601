// Client: the door to an amqp-sidecar. Includes all that a service needs, but json.h and
// opentelemetry.h, which need libraries of their own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "amqp_sidecar/body.h"
#include "amqp_sidecar/error.h"
#include "amqp_sidecar/message.h"
#include "amqp_sidecar/publisher.h"
#include "amqp_sidecar/subscription.h"
#include "amqp_sidecar/topology.h"
#include "amqp_sidecar/trace.h"

namespace grpc {
class Channel;
class ChannelCredentials;
}  // namespace grpc

namespace amqp_sidecar {

struct ClientOptions {
  // None: plain text, which is right for a Unix socket and for loopback.
  std::shared_ptr<grpc::ChannelCredentials> credentials = nullptr;
  TraceHooks trace = {};
};

// Any thread may use it. Publishers and subscriptions may outlive it. All calls wait for a sidecar
// that is not up yet, within their timeout, and throw an Error.
class Client {
 public:
  // `address` is unix:///PATH, /PATH (a Unix socket) or HOST:PORT; empty: that of the environment
  // variable AMQP_SIDECAR_ADDR, else unix:///run/amqp-sidecar/sidecar.sock. Does not connect yet.
  // Throws kInvalidArgument for any other address.
  explicit Client(std::string_view address = {}, ClientOptions options = {});
  // By a channel of your own; `credentials` is not used.
  explicit Client(std::shared_ptr<grpc::Channel> channel, ClientOptions options = {});
  ~Client();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;

  // Returns when the broker has the message: see docs/guarantees.md of the sidecar. Tries again,
  // with backoff, where that is safe: UNAVAILABLE, and the broker does not have it.
  PublishResult Publish(std::string_view exchange, std::string_view routing_key, Body body,
                        const PublishOptions& options = {});

  Publisher NewPublisher(const PublisherOptions& options = {});

  // Begins at once, and returns before the broker has answered: on_event tells.
  Subscription Subscribe(const std::string& queue, Handler handler, SubscribeOptions options = {});

  // All of it, in order; what is there already with the same properties is left alone. Returns the
  // names of the queues, in order. Declared again after a reconnect.
  std::vector<std::string> Declare(const Topology& topology, const CallOptions& options = {});
  // With the messages in it, whose number it returns. One that does not exist is no error.
  std::uint64_t DeleteQueue(const std::string& queue, const DeleteQueueConditions& conditions = {},
                            const CallOptions& options = {});
  // `if_unused`: only where nothing is bound to it; else QUEUE_IN_USE.
  void DeleteExchange(const std::string& exchange, bool if_unused = false,
                      const CallOptions& options = {});
  void Unbind(const Binding& binding, const CallOptions& options = {});
  // Returns how many messages were dropped.
  std::uint64_t PurgeQueue(const std::string& queue, const CallOptions& options = {});
  // Throws QUEUE_NOT_FOUND.
  QueueInfo GetQueue(const std::string& queue, const CallOptions& options = {});

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace amqp_sidecar
