// PacedAcker: a service that works at a steady pace: acks its deliveries one by one, so many a
// second, so that the rate of deliveries shows whether anything holds them up. One thread of its
// own acks.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "support/client.h"
#include "support/subscription.h"

namespace amqp_sidecar::test {

class PacedAcker {
 public:
  PacedAcker(Client& client, const std::string& queue, uint32_t prefetch, int acks_per_second);
  ~PacedAcker();
  PacedAcker(const PacedAcker&) = delete;
  PacedAcker& operator=(const PacedAcker&) = delete;

  // Waits that long; the deliveries a second meanwhile.
  double RateDuring(std::chrono::milliseconds span) const;
  // Acks that did not count.
  size_t refused() const { return refused_; }
  // Events after the first, which is SUBSCRIBED.
  size_t interruptions() const;

 private:
  void Run();

  Client& client_;
  const std::chrono::nanoseconds step_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> ids_;
  bool stop_ = false;
  std::atomic<size_t> delivered_ = 0;
  std::atomic<size_t> refused_ = 0;
  Subscription subscription_;
  std::thread thread_;
};

}  // namespace amqp_sidecar::test
