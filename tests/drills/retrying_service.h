// RetryingService: a service that consumes one queue by SubscribeStream with a retry policy, fails
// much of its work, and subscribes again when its stream ends, until it is destroyed. Tells a
// Checker what it has done with for good. One thread of its own.
#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <thread>

#include "drills/checker.h"
#include "support/client.h"
#include "support/subscribe_stream.h"

namespace amqp_sidecar::test {

class RetryingService {
 public:
  // `request`: with its policy. With `rejects`, some are rejected.
  RetryingService(const std::string& target, Checker& checker, pb::SubscribeRequest request,
                  bool rejects);
  ~RetryingService();
  RetryingService(const RetryingService&) = delete;
  RetryingService& operator=(const RetryingService&) = delete;

  // Settlements so far.
  size_t settled() const { return acked_ + nacked_ + rejected_; }
  size_t acked() const { return acked_; }
  size_t nacked() const { return nacked_; }
  size_t rejected() const { return rejected_; }
  // The highest attempt that was delivered.
  uint32_t highest_attempt() const { return highest_attempt_; }
  // Streams that were opened.
  size_t streams() const { return streams_; }

 private:
  void Run();
  void RunStream();
  // False when the stream has ended.
  bool Handle(SubscribeStream& stream, const pb::Delivery& delivery);

  Client client_;
  Checker& checker_;
  const pb::SubscribeRequest request_;
  const bool rejects_;
  std::atomic<bool> stop_ = false;
  std::atomic<size_t> acked_ = 0;
  std::atomic<size_t> nacked_ = 0;
  std::atomic<size_t> rejected_ = 0;
  std::atomic<uint32_t> highest_attempt_ = 0;
  std::atomic<size_t> streams_ = 0;
  std::thread thread_;
};

}  // namespace amqp_sidecar::test
