// Client::Impl: the channel, and the stubs of its calls. Any thread.
#pragma once

#include <memory>
#include <utility>

#include <grpcpp/channel.h>

#include "amqp_sidecar/client.h"
#include "amqp_sidecar/v1/publisher.grpc.pb.h"
#include "amqp_sidecar/v1/topology.grpc.pb.h"

namespace amqp_sidecar {

class Client::Impl {
 public:
  Impl(std::shared_ptr<grpc::Channel> to, TraceHooks hooks)
      : channel(std::move(to)),
        trace(std::move(hooks)),
        publisher(v1::PublisherService::NewStub(channel)),
        topology(v1::TopologyService::NewStub(channel)) {}

  const std::shared_ptr<grpc::Channel> channel;
  const TraceHooks trace;
  const std::unique_ptr<v1::PublisherService::Stub> publisher;
  const std::unique_ptr<v1::TopologyService::Stub> topology;
};

}  // namespace amqp_sidecar
