// AckCalls: acknowledgements by Ack calls of kAckBatch ids each, a few of them at once. One thread;
// an id that did not count throws, and then the object is of no further use.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include <grpcpp/grpcpp.h>

#include "amqp_sidecar/v1/subscriber.grpc.pb.h"
#include "bench/event_queue.h"

namespace amqp_sidecar::bench {

class AckCalls {
 public:
  // Both outlive it.
  AckCalls(v1::SubscriberService::Stub& stub, EventQueue& events) : stub_(stub), events_(events) {}
  // Waits for calls that are under way.
  ~AckCalls();
  AckCalls(const AckCalls&) = delete;
  AckCalls& operator=(const AckCalls&) = delete;

  void Add(std::string delivery_id) { ids_.push_back(std::move(delivery_id)); }
  // Takes the answers that are there, and starts calls of full batches. After Add and every event.
  void Turn();
  // Acknowledges what is left, and waits for every answer.
  void Finish();

 private:
  // The prefetch has no more batches.
  static constexpr size_t kMostCalls = 4;
  // The next one reuses its messages.
  struct Call {
    Event event;
    bool open = false;  // its answer is not taken
    std::optional<grpc::ClientContext> context;
    v1::AckRequest request;
    v1::AckResponse response;
    grpc::Status status;
    std::unique_ptr<grpc::ClientAsyncResponseReader<v1::AckResponse>> reader;
  };

  void TakeAnswer(Call& call);
  // Of a batch, or what there is of one.
  void Start(Call& call);

  v1::SubscriberService::Stub& stub_;
  EventQueue& events_;
  std::array<Call, kMostCalls> calls_;
  std::deque<std::string> ids_;
};

}  // namespace amqp_sidecar::bench
