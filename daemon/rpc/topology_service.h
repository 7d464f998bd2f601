// TopologyService: exchanges, queues and bindings. On the workers' threads.
#pragma once

#include "amqp_sidecar/v1/topology.grpc.pb.h"
#include "broker/broker.h"
#include "rpc/unary_call.h"

namespace amqp_sidecar::rpc {

class TopologyService {
 public:
  // `broker` outlives the service, the service outlives the server.
  explicit TopologyService(broker::Broker& broker);

  grpc::Service& grpc_service() { return service_; }
  // Before the worker starts.
  void Arm(Worker& worker) const;

 private:
  using DeclareCall = UnaryCall<v1::DeclareTopologyRequest, v1::DeclareTopologyResponse>;
  using DeleteQueueCall = UnaryCall<v1::DeleteQueueRequest, v1::DeleteQueueResponse>;
  using DeleteExchangeCall = UnaryCall<v1::DeleteExchangeRequest, v1::DeleteExchangeResponse>;
  using UnbindCall = UnaryCall<v1::UnbindQueueRequest, v1::UnbindQueueResponse>;
  using PurgeCall = UnaryCall<v1::PurgeQueueRequest, v1::PurgeQueueResponse>;
  using GetQueueCall = UnaryCall<v1::GetQueueRequest, v1::GetQueueResponse>;

  void SetRequests();
  void Declare(DeclareCall& call) const;
  void DeleteQueue(DeleteQueueCall& call) const;
  void DeleteExchange(DeleteExchangeCall& call) const;
  void Unbind(UnbindCall& call) const;
  void Purge(PurgeCall& call) const;
  void GetQueue(GetQueueCall& call) const;

  broker::Broker& broker_;
  v1::TopologyService::AsyncService service_;
  DeclareCall::Method declare_;
  DeleteQueueCall::Method delete_queue_;
  DeleteExchangeCall::Method delete_exchange_;
  UnbindCall::Method unbind_;
  PurgeCall::Method purge_;
  GetQueueCall::Method get_queue_;
};

}  // namespace amqp_sidecar::rpc
