// EventQueue: a gRPC completion queue whose tags remember how they went, so that an owner of
// several can wait for each of them in plain order. One thread.
#pragma once

#include <grpcpp/grpcpp.h>

#include "bench/grpc_channel.h"

namespace amqp_sidecar::bench {

// Something asked of gRPC. Outlives its answer.
struct Event {
  bool under_way = false;
  bool ok = false;  // how it went last

  // The tag for gRPC.
  void* Started() {
    under_way = true;
    return this;
  }
};

class EventQueue {
 public:
  EventQueue() = default;
  // What was asked for through it is over, or is taken here.
  ~EventQueue() { Drain(queue_); }
  EventQueue(const EventQueue&) = delete;
  EventQueue& operator=(const EventQueue&) = delete;

  grpc::CompletionQueue* grpc() { return &queue_; }

  // Waits for the next answer to anything.
  Event& Next() {
    void* tag = nullptr;
    bool ok = false;
    queue_.Next(&tag, &ok);
    Event& event = *static_cast<Event*>(tag);
    event.under_way = false;
    event.ok = ok;
    return event;
  }

  // Waits for this one, unless it has its answer; says whether it went well.
  bool Await(const Event& event) {
    while (event.under_way) Next();
    return event.ok;
  }

 private:
  grpc::CompletionQueue queue_;
};

}  // namespace amqp_sidecar::bench
