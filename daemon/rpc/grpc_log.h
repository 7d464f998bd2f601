// GrpcLog: what gRPC itself has to say goes to the sidecar's log. Once, before the first server.
#pragma once

namespace amqp_sidecar::rpc {

void RouteGrpcLog();

}  // namespace amqp_sidecar::rpc
