// SubscriberService: subscriptions, and the calls that settle their deliveries. On the workers'
// threads. SubscribeStream and ExtendAckDeadline are not in this version: gRPC answers them
// UNIMPLEMENTED.
#pragma once

#include "amqp_sidecar/v1/subscriber.grpc.pb.h"
#include "broker/broker.h"
#include "rpc/subscribe_call.h"
#include "rpc/unary_call.h"

namespace amqp_sidecar::rpc {

class SubscriberService {
 public:
  // `broker` outlives the service, the service outlives the server.
  explicit SubscriberService(broker::Broker& broker);

  grpc::Service& grpc_service() { return service_; }
  // Before the worker starts.
  void Arm(Worker& worker) const;

 private:
  using AckCall = UnaryCall<v1::AckRequest, v1::AckResponse>;
  using NackCall = UnaryCall<v1::NackRequest, v1::NackResponse>;
  using RejectCall = UnaryCall<v1::RejectRequest, v1::RejectResponse>;
  using Service = v1::SubscriberService;

  broker::Broker& broker_;
  Service::WithAsyncMethod_Subscribe<Service::WithAsyncMethod_Ack<
      Service::WithAsyncMethod_Nack<Service::WithAsyncMethod_Reject<Service::Service>>>>
      service_;
  SubscribeCall::Method subscribe_;
  AckCall::Method ack_;
  NackCall::Method nack_;
  RejectCall::Method reject_;
};

}  // namespace amqp_sidecar::rpc
