// PublishStream: a PublishStream call whose results a test waits for. One thread of its own reads
// and completes the writes. Any one thread may send, any may look.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "support/client.h"

namespace amqp_sidecar::test {

// The request as an item of a batch.
pb::PublishItem Item(uint64_t tag, const pb::PublishRequest& request);

class PublishStream {
 public:
  using Clock = std::chrono::steady_clock;
  using Items = std::vector<pb::PublishItem>;

  // With `deadline` zero the call has none. The client must outlive the stream.
  explicit PublishStream(Client& client,
                         std::chrono::milliseconds deadline = std::chrono::seconds(90));
  // Cancels the call.
  ~PublishStream();
  PublishStream(const PublishStream&) = delete;
  PublishStream& operator=(const PublishStream&) = delete;

  // One request. Waits until gRPC took it, which is when the sidecar has room for it. False when
  // the deadline passes, and then the request is still on its way, or when the call has ended.
  bool Send(const Items& items, std::chrono::milliseconds deadline = std::chrono::seconds(20));
  // All of them, in requests of these sizes in turn. False as soon as Send is.
  bool SendInBatches(const Items& items, const std::vector<size_t>& sizes,
                     std::chrono::milliseconds deadline = std::chrono::seconds(20));
  // After what is still on its way. Not followed by a Send.
  void HalfClose();
  void Cancel();

  // Between the two, results stay where gRPC keeps them, up to one message that is being read.
  void StopReading();
  void ReadOn();

  // The oldest first.
  std::vector<pb::PublishResult> results() const;
  size_t count() const;
  // How many results each tag has.
  std::map<uint64_t, int> counts_by_tag() const;
  // The first result of a tag, as a unary call would have ended; `took` is since its last Send.
  // nullopt while there is none.
  std::optional<Outcome> ResultOf(uint64_t tag) const;
  // As ResultOf; throws where there is none.
  Outcome At(uint64_t tag) const;
  // Items that were handed to gRPC.
  size_t sent() const;

  // False when the deadline passes or the call ends first.
  bool WaitForResults(size_t count,
                      std::chrono::milliseconds deadline = std::chrono::seconds(20)) const;
  // How the call ended; nullopt if it has not at the deadline.
  std::optional<Outcome> WaitForEnd(
      std::chrono::milliseconds deadline = std::chrono::seconds(20)) const;
  // Half-closes, and how the call ended. Throws if it has not at the deadline.
  Outcome Finish(std::chrono::milliseconds deadline = std::chrono::seconds(20));

 private:
  enum class Event : uintptr_t { kStarted = 1, kRead, kWritten, kHalfClosed, kEnded };
  struct Arrival {
    pb::PublishResult result;
    Clock::time_point at;
  };

  void Run();
  void OnRead(bool ok);
  void ReadIfWanted();
  void WriteHalfClose();
  static void* Tag(Event event) { return reinterpret_cast<void*>(event); }

  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<
      grpc::ClientAsyncReaderWriter<pb::PublishStreamRequest, pb::PublishStreamResponse>>
      call_;
  pb::PublishStreamResponse incoming_;  // gRPC's while a read is under way
  pb::PublishStreamRequest outgoing_;   // gRPC's while a write is under way
  grpc::Status status_;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  // Guarded by it, and so is every start of an operation on call_.
  bool started_ = false;
  bool writing_ = true;  // the start of the call included
  bool half_close_wanted_ = false;
  bool half_closed_ = false;
  bool reading_ = false;
  bool read_wanted_ = true;
  bool no_more_results_ = false;
  bool no_more_writes_ = false;
  size_t sent_ = 0;
  std::map<uint64_t, Clock::time_point> sent_at_;
  std::vector<Arrival> arrivals_;
  std::map<uint64_t, size_t> first_of_tag_;
  std::optional<Outcome> end_;
  std::thread thread_;
};

}  // namespace amqp_sidecar::test
