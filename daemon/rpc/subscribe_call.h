// SubscribeCall: one stream of deliveries, from before the call comes until it is over. On its
// worker's thread; a feed of its own takes what the io thread brings. At most one write is
// outstanding. Knows no settlements: those are calls of their own.
#pragma once

#include <grpcpp/support/async_stream.h>

#include <functional>
#include <memory>

#include "amqp_sidecar/v1/subscriber.grpc.pb.h"
#include "broker/broker.h"
#include "rpc/streaming_call.h"
#include "rpc/subscribe_feed.h"

namespace amqp_sidecar::rpc {

class SubscribeCall final : public StreamingCall {
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

  // Writes what is there, unless a write is outstanding.
  void Pump();

 private:
  // StreamingCall:
  void Start() override;
  void End() override;

  void OnWritten(bool ok);
  void OnFinished(bool ok);
  void Finish(const grpc::Status& status);

  const Method& method_;
  v1::SubscribeRequest request_;
  Writer writer_;
  MemberTag<SubscribeCall> written_tag_{this, &SubscribeCall::OnWritten};
  MemberTag<SubscribeCall> finished_tag_{this, &SubscribeCall::OnFinished};
  std::shared_ptr<SubscribeFeed<SubscribeCall>> feed_;
  broker::SubscriptionId subscription_ = 0;
  ResponseMemory<v1::SubscribeResponse> memory_;
  bool writing_ = false;
  bool finished_ = false;  // nothing may be written any more
};

}  // namespace amqp_sidecar::rpc
