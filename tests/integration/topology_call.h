// What the topology tests share: something to declare, and a call of the TopologyService.
#pragma once

#include "integration/world.h"

namespace amqp_sidecar::test {

// One exchange, one queue and the binding between them.
struct Trio {
  explicit Trio(Names& names) : exchange(names.Reserve("x")), queue(names.Reserve("q")) {}

  pb::DeclareTopologyRequest Request() const {
    pb::DeclareTopologyRequest request;
    pb::Exchange* x = request.add_exchanges();
    x->set_name(exchange);
    x->set_type("topic");
    request.add_queues()->set_name(queue);
    pb::Binding* binding = request.add_bindings();
    binding->set_exchange(exchange);
    binding->set_queue(queue);
    binding->set_routing_key("order.*");
    return request;
  }

  std::string exchange;
  std::string queue;
};

template <typename Request, typename Response>
Outcome Call(Client& client,
             grpc::Status (pb::TopologyService::Stub::*method)(grpc::ClientContext*, const Request&,
                                                               Response*),
             const Request& request, Response* response) {
  grpc::ClientContext context;
  SetDeadline(context, 10s);
  return OutcomeOf((client.topology().*method)(&context, request, response));
}

}  // namespace amqp_sidecar::test
