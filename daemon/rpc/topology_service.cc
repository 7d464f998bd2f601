#include "rpc/topology_service.h"

#include <string>
#include <utility>

#include "rpc/convert.h"
#include "rpc/error_table.h"

namespace amqp_sidecar::rpc {
namespace {

// By when to answer. A call whose time is up already has its answer at once.
template <typename CallType>
base::TimePoint DeadlineOf(const CallType& call) {
  return call.deadline().value_or(std::chrono::steady_clock::now());
}

// The callback that answers `call`: with the error, or with what `fill` makes of the result.
template <typename Request, typename Response, typename Fill>
auto AnswerWith(UnaryCall<Request, Response>& call, Fill fill) {
  return call.template Then<broker::TopologyResult>(
      [fill = std::move(fill)](auto& answered, broker::TopologyResult result) {
        if (result.error) return answered.FinishWithError(ToStatus(*result.error));
        Response response;
        fill(std::move(result), response);
        answered.Finish(response);
      });
}

}  // namespace

TopologyService::TopologyService(broker::Broker& broker) : broker_(broker) {
  SetRequests();
  declare_.handle = [this](DeclareCall& call) { Declare(call); };
  delete_queue_.handle = [this](DeleteQueueCall& call) { DeleteQueue(call); };
  delete_exchange_.handle = [this](DeleteExchangeCall& call) { DeleteExchange(call); };
  unbind_.handle = [this](UnbindCall& call) { Unbind(call); };
  purge_.handle = [this](PurgeCall& call) { Purge(call); };
  get_queue_.handle = [this](GetQueueCall& call) { GetQueue(call); };
}

void TopologyService::SetRequests() {
  declare_.request = [this](auto* context, auto* request, auto* writer, auto* queue, void* tag) {
    service_.RequestDeclareTopology(context, request, writer, queue, queue, tag);
  };
  delete_queue_.request = [this](auto* context, auto* request, auto* writer, auto* queue,
                                 void* tag) {
    service_.RequestDeleteQueue(context, request, writer, queue, queue, tag);
  };
  delete_exchange_.request = [this](auto* context, auto* request, auto* writer, auto* queue,
                                    void* tag) {
    service_.RequestDeleteExchange(context, request, writer, queue, queue, tag);
  };
  unbind_.request = [this](auto* context, auto* request, auto* writer, auto* queue, void* tag) {
    service_.RequestUnbindQueue(context, request, writer, queue, queue, tag);
  };
  purge_.request = [this](auto* context, auto* request, auto* writer, auto* queue, void* tag) {
    service_.RequestPurgeQueue(context, request, writer, queue, queue, tag);
  };
  get_queue_.request = [this](auto* context, auto* request, auto* writer, auto* queue, void* tag) {
    service_.RequestGetQueue(context, request, writer, queue, queue, tag);
  };
}

void TopologyService::Arm(Worker& worker) const {
  DeclareCall::Arm(worker, declare_);
  DeleteQueueCall::Arm(worker, delete_queue_);
  DeleteExchangeCall::Arm(worker, delete_exchange_);
  UnbindCall::Arm(worker, unbind_);
  PurgeCall::Arm(worker, purge_);
  GetQueueCall::Arm(worker, get_queue_);
}

void TopologyService::Declare(DeclareCall& call) const {
  broker::Topology topology;
  if (const MaybeError error = TakeTopology(call.request(), topology)) {
    return call.FinishWithError(ToStatus(*error));
  }
  broker_.Declare(std::move(topology), DeadlineOf(call),
                  AnswerWith(call, [](broker::TopologyResult result, auto& response) {
                    for (std::string& name : result.queue_names) {
                      response.add_queue_names(std::move(name));
                    }
                  }));
}

void TopologyService::DeleteQueue(DeleteQueueCall& call) const {
  const v1::DeleteQueueRequest& request = call.request();
  broker_.DeleteQueue(request.queue(), request.if_unused(), request.if_empty(), DeadlineOf(call),
                      AnswerWith(call, [](broker::TopologyResult result, auto& response) {
                        response.set_message_count(result.message_count);
                      }));
}

void TopologyService::DeleteExchange(DeleteExchangeCall& call) const {
  broker_.DeleteExchange(call.request().exchange(), call.request().if_unused(), DeadlineOf(call),
                         AnswerWith(call, [](broker::TopologyResult, auto&) {}));
}

void TopologyService::Unbind(UnbindCall& call) const {
  broker::Binding binding;
  if (const MaybeError error = TakeBinding(*call.request().mutable_binding(), "binding", binding)) {
    return call.FinishWithError(ToStatus(*error));
  }
  broker_.UnbindQueue(std::move(binding), DeadlineOf(call),
                      AnswerWith(call, [](broker::TopologyResult, auto&) {}));
}

void TopologyService::Purge(PurgeCall& call) const {
  broker_.PurgeQueue(call.request().queue(), DeadlineOf(call),
                     AnswerWith(call, [](broker::TopologyResult result, auto& response) {
                       response.set_message_count(result.message_count);
                     }));
}

void TopologyService::GetQueue(GetQueueCall& call) const {
  std::string name = call.request().queue();
  auto answer = AnswerWith(call, [name](broker::TopologyResult result, auto& response) {
    response.set_queue(name);
    response.set_message_count(result.message_count);
    response.set_consumer_count(result.consumer_count);
  });
  broker_.GetQueue(std::move(name), DeadlineOf(call), std::move(answer));
}

}  // namespace amqp_sidecar::rpc
