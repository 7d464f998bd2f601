// Load: services at work beside a sidecar while a drill breaks something. One thread keeps many
// publishes in flight; one thread a queue consumes, and one acks what came. Tells a Checker all.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "drills/checker.h"
#include "support/client.h"
#include "support/eventually.h"

namespace amqp_sidecar::test {

struct LoadOptions {
  // Published to in turn, by the default exchange, and consumed from.
  std::vector<std::string> queues;
  int in_flight = 128;
  Millis deadline{20'000};
  uint32_t prefetch = 128;  // of each queue's subscription
  size_t body_bytes = 200;  // about
  bool consume = true;
  // 0: as fast as the answers come.
  int messages_per_second = 0;
};

class Load {
 public:
  using Clock = std::chrono::steady_clock;

  // Begins at once. A sidecar that goes away may come back at the same target.
  Load(const std::string& target, Checker& checker, LoadOptions options);
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  // Starts no more publishes and waits for the answers to all that were.
  void StopPublishing();
  // After StopPublishing: waits until all that was OK has been delivered and what was delivered is
  // acked, then ends the subscriptions. False if it is not so at the deadline.
  bool Finish(Millis deadline = std::chrono::seconds(30));

  size_t answered() const { return answered_; }
  size_t ok() const { return ok_; }
  size_t delivered() const { return delivered_; }
  // Waits until so many more were OK.
  bool WaitForOk(size_t more, Millis deadline = std::chrono::seconds(30)) const;

  // From `since`, the time until the first OK of a call that was begun after it; less than zero:
  // none so far.
  Millis RecoveryAfter(Clock::time_point since) const;
  // From `since`, the time until the first OK at all.
  Millis FirstOkAfter(Clock::time_point since) const;
  // The longest time without an OK that ended, or goes on, after `since`.
  Millis LongestGapSince(Clock::time_point since) const;
  // Failed calls by reason and persisted; by gRPC's code where no sidecar answered.
  std::map<std::string, size_t> failures() const;
  // Failed calls without the sidecar's own reason, of those begun from `from` to `to`.
  size_t UnexplainedBetween(Clock::time_point from, Clock::time_point to) const;
  // OK answers a second, from the beginning to StopPublishing.
  double rate() const;
  // INTERRUPTED events of all subscriptions.
  size_t interruptions() const { return interruptions_; }
  // What may be doubled by one fault: what is in flight, and what the subscriptions hold.
  size_t Window() const;

 private:
  struct Call;
  struct Answered {
    Clock::time_point begun;
    Clock::time_point ended;
  };
  class Consumer;

  void Publish();
  Clock::time_point NextStart(Clock::time_point now) const;
  void Start(grpc::CompletionQueue& queue);
  void Finished(const Call& call);

  const std::string target_;
  Checker& checker_;
  const LoadOptions options_;
  Client client_;
  std::atomic<bool> stopping_ = false;
  std::atomic<size_t> answered_ = 0;
  std::atomic<size_t> ok_ = 0;
  std::atomic<size_t> delivered_ = 0;
  std::atomic<size_t> interruptions_ = 0;
  const Clock::time_point begun_ = Clock::now();
  // Of the publishing thread.
  int in_flight_ = 0;
  size_t started_ = 0;
  Clock::time_point not_before_;
  mutable std::mutex mutex_;
  std::vector<Answered> oks_;
  std::vector<Clock::time_point> unexplained_;  // when they were begun
  std::map<std::string, size_t> failures_;
  Clock::time_point stopped_;
  std::vector<std::unique_ptr<Consumer>> consumers_;
  std::thread publisher_;
};

}  // namespace amqp_sidecar::test
