// RedriveAcker: acks the originals of what a redrive has moved, one call at a time. On the thread
// of the completion queue that it is given.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/support/async_unary_call.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "amqp_sidecar/v1/subscriber.grpc.pb.h"
#include "rpc/tag.h"

namespace amqp_sidecar::rpc {

class RedriveAcker {
 public:
  class Owner {
   public:
    // Where the call as a whole failed, before what follows from it.
    virtual void OnAckCallFailed(const grpc::Status& status) = 0;
    // Once for each id; `acked` as far as AMQP tells.
    virtual void OnAcked(const std::string& delivery_id, bool acked) = 0;

   protected:
    ~Owner() = default;
  };

  // All that is passed outlives this; it may not be destroyed while busy().
  RedriveAcker(v1::SubscriberService::Stub& stub, grpc::CompletionQueue& queue, Owner& owner)
      : stub_(stub), queue_(queue), owner_(owner) {}
  RedriveAcker(const RedriveAcker&) = delete;
  RedriveAcker& operator=(const RedriveAcker&) = delete;

  bool busy() const { return call_.has_value(); }
  // While not busy().
  void Ack(const std::vector<std::string>& delivery_ids);
  void Cancel();

 private:
  struct AckCall {
    grpc::ClientContext context;
    v1::AckRequest request;
    v1::AckResponse response;
    grpc::Status status;
    std::unique_ptr<grpc::ClientAsyncResponseReader<v1::AckResponse>> reader;
  };

  void OnDone(bool ok);

  v1::SubscriberService::Stub& stub_;
  grpc::CompletionQueue& queue_;
  Owner& owner_;
  MemberTag<RedriveAcker> done_tag_{this, &RedriveAcker::OnDone};
  std::optional<AckCall> call_;
};

}  // namespace amqp_sidecar::rpc
