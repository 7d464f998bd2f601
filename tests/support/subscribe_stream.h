// SubscribeStream: a SubscribeStream call whose deliveries, events and failures a test waits for.
// It settles nothing by itself. One thread of its own reads and completes the writes. Any one
// thread may send and call Next, any may look.
#pragma once

#include <grpcpp/generic/generic_stub.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "support/client.h"

namespace amqp_sidecar::test {

class SubscribeStream {
 public:
  using Clock = std::chrono::steady_clock;
  using Ids = std::vector<std::string>;
  using Millis = std::chrono::milliseconds;

  // A delivery, and when it came.
  struct Arrival {
    pb::Delivery delivery;
    Clock::time_point at;
    const std::string& id() const { return delivery.delivery_id(); }
  };

  // Sends no request yet. The client must outlive the stream.
  explicit SubscribeStream(Client& client);
  // Sends the first request.
  SubscribeStream(Client& client, const pb::SubscribeRequest& request);
  SubscribeStream(Client& client, const std::string& queue, uint32_t prefetch = 0);
  // Cancels the call.
  ~SubscribeStream();
  SubscribeStream(const SubscribeStream&) = delete;
  SubscribeStream& operator=(const SubscribeStream&) = delete;

  // One request. Waits until gRPC took it. False when it has not within 20 s, and then the request
  // is still on its way, or when the call has ended.
  bool Send(const pb::SubscribeStreamRequest& request);
  // Whatever bytes, as the body of one request.
  bool SendBytes(const std::string& bytes);
  bool Subscribe(const pb::SubscribeRequest& request);
  bool Ack(const Ids& ids);
  // With `delay` zero the request has none.
  bool Nack(const Ids& ids, Millis delay = Millis(0));
  bool Reject(const Ids& ids, const std::string& cause = "");
  bool ExtendAckDeadline(const Ids& ids, Millis ack_deadline);
  // After what is still on its way. Not followed by a Send.
  void HalfClose();
  void Cancel();

  // Between the two, responses stay where gRPC keeps them, up to one that is being read.
  void StopReading();
  void ReadOn();

  // Everything so far, the oldest first.
  std::vector<pb::SubscribeStreamResponse> responses() const;
  std::vector<pb::Delivery> deliveries() const;
  std::vector<pb::SubscriptionEventKind> events() const;
  std::vector<pb::SettleFailure> failures() const;
  size_t delivery_count() const;

  // The oldest delivery that no call has returned yet. Throws when there is none at the deadline.
  Arrival Next(Millis deadline = std::chrono::seconds(10));

  // False when the deadline passes or the call ends first.
  bool WaitForDeliveries(size_t count, Millis deadline = std::chrono::seconds(10)) const;
  bool WaitForEvents(size_t count, Millis deadline = std::chrono::seconds(10)) const;
  bool WaitForFailures(size_t count, Millis deadline = std::chrono::seconds(10)) const;
  // How the call ended; nullopt if it has not at the deadline.
  std::optional<Outcome> WaitForEnd(Millis deadline = std::chrono::seconds(10)) const;

 private:
  enum class Event : uintptr_t { kStarted = 1, kRead, kWritten, kHalfClosed, kEnded };

  bool Write(grpc::ByteBuffer request);
  void Run();
  void OnRead(bool ok);
  void ReadIfWanted();
  void WriteHalfClose();
  static void* Tag(Event event) { return reinterpret_cast<void*>(event); }

  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::ClientAsyncReaderWriter<grpc::ByteBuffer, pb::SubscribeStreamResponse>>
      call_;
  pb::SubscribeStreamResponse incoming_;  // gRPC's while a read is under way
  grpc::ByteBuffer outgoing_;             // gRPC's while a write is under way
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
  bool no_more_responses_ = false;
  bool no_more_writes_ = false;
  std::vector<pb::SubscribeStreamResponse> responses_;
  std::vector<Arrival> arrivals_;
  size_t taken_ = 0;  // of arrivals_
  std::vector<pb::SubscriptionEventKind> events_;
  std::vector<pb::SettleFailure> failures_;
  std::optional<Outcome> end_;
  std::thread thread_;
};

}  // namespace amqp_sidecar::test
