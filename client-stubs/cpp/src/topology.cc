// The calls of Client about exchanges, queues and bindings.
#include "amqp_sidecar/topology.h"

#include <stdexcept>

#include "client_impl.h"
#include "convert.h"
#include "failure.h"
#include "unary_call.h"

namespace amqp_sidecar {
namespace {

using TopologyStub = v1::TopologyService::Stub;

template <typename Request, typename Response>
Response Call(TopologyStub& stub,
              grpc::Status (TopologyStub::*method)(grpc::ClientContext*, const Request&, Response*),
              const Request& request, const CallOptions& options) {
  UnaryCall call(options.timeout, options.stop);
  Response response;
  const grpc::Status status = (stub.*method)(call.context(), request, &response);
  if (status.ok()) return response;
  ErrorFields failure = FailureOf(status);
  if (failure.reason == reason::kSidecarUnavailable && options.stop.stop_requested()) {
    failure = {.code = Code::kCancelled, .detail = "the caller ended the wait"};
  }
  throw Error(failure);
}

// Runs what fills a request.
template <typename Fill>
void Checked(Fill fill) {
  try {
    fill();
  } catch (const std::invalid_argument& error) {
    throw Error({.code = Code::kInvalidArgument,
                 .reason = std::string(reason::kInvalidTopology),
                 .detail = error.what()});
  }
}

}  // namespace

std::vector<std::string> Client::Declare(const Topology& topology, const CallOptions& options) {
  v1::DeclareTopologyRequest request;
  Checked([&] {
    for (const Exchange& exchange : topology.exchanges) ToProto(exchange, *request.add_exchanges());
    for (const Queue& queue : topology.queues) ToProto(queue, *request.add_queues());
    for (const Binding& binding : topology.bindings) ToProto(binding, *request.add_bindings());
  });
  const auto response = Call(*impl_->topology, &TopologyStub::DeclareTopology, request, options);
  return {response.queue_names().begin(), response.queue_names().end()};
}

std::uint64_t Client::DeleteQueue(const std::string& queue, const DeleteQueueConditions& conditions,
                                  const CallOptions& options) {
  v1::DeleteQueueRequest request;
  Checked([&] { CheckText("the queue's name", queue); });
  request.set_queue(queue);
  request.set_if_unused(conditions.if_unused);
  request.set_if_empty(conditions.if_empty);
  return Call(*impl_->topology, &TopologyStub::DeleteQueue, request, options).message_count();
}

void Client::DeleteExchange(const std::string& exchange, bool if_unused,
                            const CallOptions& options) {
  v1::DeleteExchangeRequest request;
  Checked([&] { CheckText("the exchange's name", exchange); });
  request.set_exchange(exchange);
  request.set_if_unused(if_unused);
  Call(*impl_->topology, &TopologyStub::DeleteExchange, request, options);
}

void Client::Unbind(const Binding& binding, const CallOptions& options) {
  v1::UnbindQueueRequest request;
  Checked([&] { ToProto(binding, *request.mutable_binding()); });
  Call(*impl_->topology, &TopologyStub::UnbindQueue, request, options);
}

std::uint64_t Client::PurgeQueue(const std::string& queue, const CallOptions& options) {
  v1::PurgeQueueRequest request;
  Checked([&] { CheckText("the queue's name", queue); });
  request.set_queue(queue);
  return Call(*impl_->topology, &TopologyStub::PurgeQueue, request, options).message_count();
}

QueueInfo Client::GetQueue(const std::string& queue, const CallOptions& options) {
  v1::GetQueueRequest request;
  Checked([&] { CheckText("the queue's name", queue); });
  request.set_queue(queue);
  const auto response = Call(*impl_->topology, &TopologyStub::GetQueue, request, options);
  return {response.queue(), response.message_count(), response.consumer_count()};
}

}  // namespace amqp_sidecar
