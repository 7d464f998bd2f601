// Subscription: a Subscribe call whose deliveries and events a test waits for. One thread of its
// own reads; it acks nothing by itself.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "support/client.h"

namespace amqp_sidecar::test {

class Subscription {
 public:
  using OnDelivery = std::function<void(const pb::Delivery&)>;

  // `on_delivery`, if given, is called on the reading thread.
  Subscription(Client& client, const pb::SubscribeRequest& request,
               OnDelivery on_delivery = nullptr);
  Subscription(Client& client, const std::string& queue, uint32_t prefetch = 0,
               OnDelivery on_delivery = nullptr);
  // Cancels the call.
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  // Everything so far, the oldest first.
  std::vector<pb::Delivery> deliveries() const;
  std::vector<pb::SubscriptionEventKind> events() const;
  // The detail of the last event of this kind; empty when there was none.
  std::string DetailOf(pb::SubscriptionEventKind kind) const;

  // False when the deadline passes or the stream ends first.
  bool WaitForDeliveries(size_t count,
                         std::chrono::milliseconds deadline = std::chrono::seconds(10)) const;
  // Waits until `count` events came.
  bool WaitForEvents(size_t count,
                     std::chrono::milliseconds deadline = std::chrono::seconds(10)) const;
  // How the stream ended; nullopt if it has not at the deadline.
  std::optional<Outcome> WaitForEnd(
      std::chrono::milliseconds deadline = std::chrono::seconds(10)) const;

  void Cancel();

 private:
  void Read();

  OnDelivery on_delivery_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<pb::SubscribeResponse>> reader_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<pb::Delivery> deliveries_;
  std::vector<pb::SubscriptionEvent> events_;
  std::optional<Outcome> end_;
  std::thread thread_;
};

// Their delivery ids, in the same order.
std::vector<std::string> Ids(const std::vector<pb::Delivery>& deliveries);

}  // namespace amqp_sidecar::test
