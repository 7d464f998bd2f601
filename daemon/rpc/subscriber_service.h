// SubscriberService: subscriptions, and the calls that settle their deliveries. On the workers'
// threads.
#pragma once

#include "amqp_sidecar/v1/subscriber.grpc.pb.h"
#include "broker/broker.h"
#include "rpc/subscribe_call.h"
#include "rpc/subscribe_stream_call.h"
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
  using ExtendCall = UnaryCall<v1::ExtendAckDeadlineRequest, v1::ExtendAckDeadlineResponse>;
  using Service = v1::SubscriberService;

  void SetRequests();

  broker::Broker& broker_;
  // SubscribeStream in bytes: what does not parse is answered in our words.
  Service::WithRawMethod_SubscribeStream<Service::WithAsyncMethod_Subscribe<
      Service::WithAsyncMethod_Ack<Service::WithAsyncMethod_Nack<Service::WithAsyncMethod_Reject<
          Service::WithAsyncMethod_ExtendAckDeadline<Service::Service>>>>>>
      service_;
  SubscribeCall::Method subscribe_;
  SubscribeStreamCall::Method subscribe_stream_;
  AckCall::Method ack_;
  NackCall::Method nack_;
  RejectCall::Method reject_;
  ExtendCall::Method extend_;
};

}  // namespace amqp_sidecar::rpc
