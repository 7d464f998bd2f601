// World: what nearly every integration test needs, made for it alone: a sidecar, a client of it,
// and a direct connection to the broker behind it. Queues and exchanges made through it have names
// that no other test uses, and are gone with it.
#pragma once

#include <functional>
#include <future>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.h"
#include "support/client.h"
#include "support/direct.h"
#include "support/eventually.h"
#include "support/net.h"
#include "support/rabbitmq_node.h"
#include "support/sidecar_process.h"
#include "support/subscription.h"
#include "support/tcp_proxy.h"

namespace amqp_sidecar::test {

// A name that no other test uses, ending in `what`.
std::string UniqueName(const std::string& what);

// Names on a broker that go away with the object.
class Names {
 public:
  explicit Names(const RabbitmqNode& node) : node_(node), direct_(node.port()) {}
  ~Names();
  Names(const Names&) = delete;
  Names& operator=(const Names&) = delete;

  std::string Queue(const Direct::Arguments& arguments = {});
  std::string Exchange(const std::string& type);
  // A topic exchange, and a queue bound to it with `key`.
  std::string ExchangeTo(const std::string& queue, const std::string& key);
  // A name that the test makes on the broker in some other way.
  std::string Reserve(const std::string& what);
  // The name of the queue that the sidecar declares for what failed in `queue`.
  std::string DeadOf(const std::string& queue);

  Direct& direct() { return direct_; }

 private:
  const RabbitmqNode node_;
  Direct direct_;
  std::vector<std::string> queues_;
  std::vector<std::string> exchanges_;
};

// With options.uri empty, the sidecar talks to the node.
SidecarOptions ForNode(SidecarOptions options, const RabbitmqNode& node);

// Ready for calls, with the link up.
struct World {
  explicit World(SidecarOptions options = {}, const RabbitmqNode& on = RabbitmqNode::Shared());

  RabbitmqNode node;
  Names names;
  Direct& direct;
  SidecarProcess sidecar;
  Client client;
};

// The same, with a proxy between the sidecar and the broker.
struct ProxiedWorld {
  explicit ProxiedWorld(SidecarOptions options = {});

  RabbitmqNode node;
  Names names;
  Direct& direct;
  TcpProxy proxy;
  SidecarProcess sidecar;
  Client client;
};

// Undoes, whatever the test's end, so that the next test finds the node as it should be.
class OnExit {
 public:
  explicit OnExit(std::function<void()> action) : action_(std::move(action)) {}
  ~OnExit() {
    if (action_) action_();
  }
  OnExit(const OnExit&) = delete;
  OnExit& operator=(const OnExit&) = delete;
  void Dismiss() { action_ = nullptr; }
  // Now, and not again.
  void Now() { std::exchange(action_, nullptr)(); }

 private:
  std::function<void()> action_;
};

// A publish that failed as the table of outcomes says, with a text for a person.
void CheckFailure(const Outcome& outcome, grpc::StatusCode code, const std::string& reason,
                  const std::string& persisted);

// The answer to a publish that cannot be sent now. Asked again where a busy machine did not get the
// answer to us before our own deadline, shortly before which it is given.
Outcome AnswerWithoutLink(Client& client);

// Runs `call` on a thread of its own, for a call that is to wait while the test acts.
template <typename Call>
auto InBackground(Call call) {
  return std::async(std::launch::async, std::move(call));
}

// Reconnects fast, so that a test is not mostly waiting.
inline const char* const kFastReconnect =
    "  reconnect: {initial_backoff: 0.05s, max_backoff: 0.2s}\n";

inline constexpr auto kSubscribed = pb::SUBSCRIPTION_EVENT_KIND_SUBSCRIBED;
inline constexpr auto kInterrupted = pb::SUBSCRIPTION_EVENT_KIND_INTERRUPTED;
inline constexpr auto kResubscribed = pb::SUBSCRIPTION_EVENT_KIND_RESUBSCRIBED;
inline constexpr auto kDraining = pb::SUBSCRIPTION_EVENT_KIND_DRAINING;
using Events = std::vector<pb::SubscriptionEventKind>;

}  // namespace amqp_sidecar::test
