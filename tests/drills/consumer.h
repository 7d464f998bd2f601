// Consumer: one queue's service. Subscribes, acks all that comes, and subscribes again when its
// stream ends, until it is destroyed. Two threads of its own: one reads, one acks.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "drills/load.h"
#include "support/client.h"

namespace amqp_sidecar::test {

class Load::Consumer {
 public:
  using OnDelivery = std::function<void(const pb::Delivery&)>;

  // The callbacks come on the reading thread.
  Consumer(const std::string& target, const std::string& queue, uint32_t prefetch,
           OnDelivery on_delivery, std::function<void()> on_interrupted);
  ~Consumer();
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  // Whether an ack has been tried for each delivery that came.
  bool Idle() const;

 private:
  void Read();
  void ReadOnce();
  void Take(const pb::SubscribeResponse& response);
  void Ack();

  Client client_;
  pb::SubscribeRequest request_;
  const OnDelivery on_delivery_;
  const std::function<void()> on_interrupted_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;
  grpc::ClientContext* context_ = nullptr;  // of the stream that is open
  std::vector<std::string> to_ack_;
  bool acking_ = false;
  std::thread reader_;
  std::thread acker_;
};

}  // namespace amqp_sidecar::test
