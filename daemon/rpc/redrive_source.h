// RedriveSource: one subscription of a redrive to the dead-letter queue. On the thread of the
// completion queue that it is given. Settles nothing.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/support/async_stream.h>

#include <cstdint>
#include <memory>
#include <string>

#include "amqp_sidecar/v1/subscriber.grpc.pb.h"
#include "rpc/tag.h"

namespace amqp_sidecar::rpc {

class RedriveSource {
 public:
  class Owner {
   public:
    virtual void OnDelivery(RedriveSource& source, v1::Delivery& delivery) = 0;
    virtual void OnEvent(RedriveSource& source, const v1::SubscriptionEvent& event) = 0;
    // The last call, whoever ended it.
    virtual void OnEnd(RedriveSource& source, const grpc::Status& status) = 0;

   protected:
    ~Owner() = default;
  };

  // `number` is the owner's own. All that is passed outlives this; it may not be destroyed before
  // over().
  RedriveSource(v1::SubscriberService::Stub& stub, grpc::CompletionQueue& queue,
                const v1::SubscribeRequest& request, uint32_t number, Owner& owner);
  RedriveSource(const RedriveSource&) = delete;
  RedriveSource& operator=(const RedriveSource&) = delete;

  uint32_t number() const { return number_; }
  // The broker has the consumer: since SUBSCRIBED or RESUBSCRIBED.
  bool subscribed() const { return subscribed_; }
  bool over() const { return over_; }

  // What is unsettled goes back.
  void Cancel() { context_.TryCancel(); }

 private:
  void OnStarted(bool ok);
  void OnRead(bool ok);
  void OnFinished(bool ok);
  void Read();
  void Finish();

  const uint32_t number_;
  Owner& owner_;
  grpc::ClientContext context_;
  MemberTag<RedriveSource> started_tag_{this, &RedriveSource::OnStarted};
  MemberTag<RedriveSource> read_tag_{this, &RedriveSource::OnRead};
  MemberTag<RedriveSource> finished_tag_{this, &RedriveSource::OnFinished};
  std::unique_ptr<grpc::ClientAsyncReader<v1::SubscribeResponse>> reader_;
  v1::SubscribeResponse response_;
  grpc::Status status_;
  bool subscribed_ = false;
  bool over_ = false;
};

}  // namespace amqp_sidecar::rpc
