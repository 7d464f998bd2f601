// Publisher::Impl: what was taken and is not answered, from the caller's thread to the stream and
// back. A message is encoded once, where it is taken; a request is the messages' bytes one behind
// the other. Any thread calls Publish, Flush and Close; the rest is the loop's thread's.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <grpcpp/channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>

#include "amqp_sidecar/publisher.h"
#include "amqp_sidecar/trace.h"
#include "amqp_sidecar/v1/publisher.grpc.pb.h"
#include "failure.h"
#include "stream_loop.h"

namespace amqp_sidecar {

class Publisher::Impl : StreamLoop<grpc::ByteBuffer, v1::PublishStreamResponse>::Owner {
 public:
  Impl(std::shared_ptr<grpc::Channel> channel, TraceHooks trace, const PublisherOptions& options);
  ~Impl() override;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  std::future<PublishResult> Publish(std::string_view exchange, std::string_view routing_key,
                                     Body body, const PublishOptions& options);
  void Flush();
  void Close();

 private:
  using Loop = StreamLoop<grpc::ByteBuffer, v1::PublishStreamResponse>;
  using Stub = grpc::TemplatedGenericStub<grpc::ByteBuffer, v1::PublishStreamResponse>;

  // A message without an answer.
  struct Item {
    std::promise<PublishResult> promise;
    std::string message_id;
    std::string encoded;  // as it stands in a PublishStreamRequest
    Time deadline;
    bool written = false;                              // and not answered since
    int tries = 0;                                     // that were answered
    std::optional<ErrorFields> answer = std::nullopt;  // the last one
  };
  using Items = std::map<std::uint64_t, Item>;
  class Answers;

  std::unique_ptr<Loop::Stream> Prepare(grpc::ClientContext* context,
                                        grpc::CompletionQueue* queue) override;
  void OnOpen() override { WriteNext(); }
  void OnResponse(v1::PublishStreamResponse& response) override;
  void OnWritten() override { WriteNext(); }
  void OnEnd(const grpc::Status& status) override;
  Time OnTurn(Time now) override;

  // The next step, and when to call it again.
  Time TurnToOpen(Time now);
  Time TurnToClose(Time now);
  void Insert(std::uint64_t tag, Item item, const std::stop_token& stop);
  void WriteNext();
  // With the lock: of what is queued, if the stream takes it now.
  std::optional<grpc::ByteBuffer> NextRequest();
  void TakeResult(v1::PublishResult& result, Time now, Answers& answers);
  void TakeFailure(Items::iterator item, ErrorFields failure, Time now, Answers& answers);
  // Without the lock.
  void Tell(Answers& answers);
  void Expire(Time now, Answers& answers);

  const std::shared_ptr<grpc::Channel> channel_;
  const TraceHooks trace_;
  const std::size_t max_in_flight_;
  std::atomic<std::uint64_t> last_tag_ = 0;

  // The loop's thread's.
  Stub stub_;
  int broken_ = 0;  // streams since the last result
  Time reopen_at_;
  std::optional<Time> close_by_;

  std::mutex mutex_;
  std::condition_variable_any room_;  // a message was answered
  int waiting_ = 0;                   // threads, for that
  Items items_;
  std::deque<std::uint64_t> queue_;           // to be written next
  std::multimap<Time, std::uint64_t> again_;  // to be queued again
  Time next_expiry_ = Time::max();            // none is earlier
  bool telling_ = false;                      // futures are about to be ready
  bool closing_ = false;

  Loop loop_;
};

}  // namespace amqp_sidecar
