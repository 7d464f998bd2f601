// Subscription::Impl: from the stream to the handlers and back. The loop's thread reads and keeps
// time; each handler has a thread, which also writes what it decided, unless a write is under way:
// then that goes with the next one.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <grpcpp/channel.h>

#include "amqp_sidecar/error.h"
#include "amqp_sidecar/subscription.h"
#include "amqp_sidecar/trace.h"
#include "amqp_sidecar/v1/subscriber.grpc.pb.h"
#include "held.h"
#include "settle_calls.h"
#include "settlements.h"
#include "stream_loop.h"

namespace amqp_sidecar {

class Subscription::Impl
    : StreamLoop<v1::SubscribeStreamRequest, v1::SubscribeStreamResponse>::Owner {
 public:
  Impl(std::shared_ptr<grpc::Channel> channel, TraceHooks trace, const std::string& queue,
       Handler handler, SubscribeOptions options);
  // Closes it and waits for its threads.
  ~Impl() override;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  std::shared_future<void> done() const { return done_; }
  void BeginStop(std::chrono::milliseconds timeout);
  void BeginClose();
  bool IsOwnThread() const;

 private:
  using Request = v1::SubscribeStreamRequest;
  using Response = v1::SubscribeStreamResponse;
  using Loop = StreamLoop<Request, Response>;
  using Lock = std::unique_lock<std::mutex>;
  enum class Phase {
    kRunning,
    kStopping,    // no handler is begun any more
    kHalfClosed,  // and what is settled goes by calls
    kClosing,     // the stream is cancelled
    kOver,
  };

  std::unique_ptr<Loop::Stream> Prepare(grpc::ClientContext* context,
                                        grpc::CompletionQueue* queue) override;
  void OnOpen() override;
  void OnResponse(Response& response) override;
  void OnWritten() override;
  void OnEnd(const grpc::Status& status) override;
  Time OnTurn(Time now) override;

  // The handlers' threads.
  void Work();
  void Settle(Held::Handle entry, const Settlement& settlement, Lock& lock);

  void WriteNext(Lock& lock);
  void OnEvent(const v1::SubscriptionEvent& event);
  void Tell(const Event& event);
  template <typename SettleFailures>
  void TellFailures(const SettleFailures& failures);
  void GiveBack(const std::vector<std::string>& delivery_ids);
  // The next step of a stop; opens the lock for calls.
  void TurnToStop(Time now, Lock& lock);
  void Extend(Lock& lock);
  // Whether a stream that ended so is made again.
  static bool ComesBack(const grpc::Status& status, const ErrorFields& failure);
  // With the lock: it is over.
  void End(std::optional<ErrorFields> failure);

  const TraceHooks trace_;
  const Handler handler_;
  const SubscribeOptions options_;
  const std::unique_ptr<v1::SubscriberService::Stub> stub_;
  Request subscribe_;
  SettleCalls calls_;

  std::promise<void> done_promise_;
  std::shared_future<void> done_;
  std::stop_source closed_;

  // The loop's thread's.
  int broken_ = 0;  // streams since the last one that got a response
  Time reopen_at_;

  std::mutex mutex_;
  std::condition_variable work_;
  std::size_t idle_ = 0;  // handlers
  Phase phase_ = Phase::kRunning;
  Time stop_by_ = Time::max();
  bool late_ = false;             // the stop was not over then
  bool not_requeueable_ = false;  // the queue takes nothing back: it ends with the last handler
  std::uint64_t stream_ = 0;      // how many there were
  Held held_;
  Settlements settlements_;
  Time extend_at_ = Time::max();
  std::vector<std::string> to_extend_;  // with the next write
  Request request_;                     // of whoever has leave to write

  Loop loop_;
  std::vector<std::thread> handlers_;
  std::optional<std::stop_callback<std::function<void()>>> stop_callback_;
};

}  // namespace amqp_sidecar
