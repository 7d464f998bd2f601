// PublisherService: takes publishes on for the broker layer. On the workers' threads.
#pragma once

#include "amqp_sidecar/v1/publisher.grpc.pb.h"
#include "broker/broker.h"
#include "rpc/publish_stream_call.h"
#include "rpc/unary_call.h"

namespace amqp_sidecar::rpc {

class PublisherService {
 public:
  // `broker` outlives the service, the service outlives the server.
  explicit PublisherService(broker::Broker& broker);

  grpc::Service& grpc_service() { return service_; }
  // Before the worker starts.
  void Arm(Worker& worker) const;

 private:
  using PublishCall = UnaryCall<v1::PublishRequest, v1::PublishResponse>;

  void Publish(PublishCall& call) const;

  broker::Broker& broker_;
  // The stream's bytes come as they are, so that a batch that is none can be told from the end.
  v1::PublisherService::WithRawMethod_PublishStream<
      v1::PublisherService::WithAsyncMethod_Publish<v1::PublisherService::Service>>
      service_;
  PublishCall::Method publish_;
  PublishStreamCall::Method publish_stream_;
};

}  // namespace amqp_sidecar::rpc
