// SubscribeCall: one stream of deliveries, from before the call comes until it is over. On its
// worker's thread; a feed of its own takes what the io thread brings. At most one write is
// outstanding. Knows no settlements: those are calls of their own.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/async_stream.h>

#include <functional>
#include <memory>

#include "amqp_sidecar/v1/subscriber.grpc.pb.h"
#include "broker/broker.h"
#include "rpc/outbound_queue.h"
#include "rpc/worker.h"

namespace amqp_sidecar::rpc {

class SubscribeCall final : public Call {
 public:
  using Writer = grpc::ServerAsyncWriter<v1::SubscribeResponse>;
  struct Method {
    // Asks gRPC for the next call.
    std::function<void(grpc::ServerContext*, v1::SubscribeRequest*, Writer*,
                       grpc::ServerCompletionQueue*, void* tag)>
        request;
    broker::Broker& broker;
  };

  // Has `worker` take one call, and after each the next. `method` outlives the worker.
  static void Arm(Worker& worker, const Method& method);

  SubscribeCall(Worker& worker, const Method& method);

 private:
  // What the io thread calls. Outlives the call where the broker layer still holds it.
  class Feed final : public broker::SubscriptionListener {
   public:
    explicit Feed(CallRef<SubscribeCall> call) : call_(std::move(call)) {}
    void OnEvent(broker::SubscriptionEvent event, std::string detail) override;
    void OnDelivery(broker::Delivery delivery) override;
    void OnEnd(broker::Error why) override;
    OutboundQueue& queue() { return queue_; }

   private:
    void Wake() const;

    const CallRef<SubscribeCall> call_;
    OutboundQueue queue_;
  };

  void OnStarted(bool ok);
  void OnWritten(bool ok);
  void OnFinished(bool ok);
  // The call is over, by its end or by the client's.
  void OnDone(bool ok);

  void Begin();
  // Writes what is there, unless a write is outstanding.
  void Pump();
  void Write(OutboundQueue::Batch batch);
  void Finish(const grpc::Status& status);
  void RemoveIfOver();

  Worker& worker_;
  const Method& method_;
  grpc::ServerContext context_;
  v1::SubscribeRequest request_;
  Writer writer_;
  MemberTag<SubscribeCall> started_tag_{this, &SubscribeCall::OnStarted};
  MemberTag<SubscribeCall> written_tag_{this, &SubscribeCall::OnWritten};
  MemberTag<SubscribeCall> finished_tag_{this, &SubscribeCall::OnFinished};
  MemberTag<SubscribeCall> done_tag_{this, &SubscribeCall::OnDone};
  std::shared_ptr<Feed> feed_;
  broker::SubscriptionId subscription_ = 0;
  bool busy_ = false;      // a write or the finish is outstanding
  bool finished_ = false;  // nothing may be written any more
  bool done_ = false;
};

}  // namespace amqp_sidecar::rpc
