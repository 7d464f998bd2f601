// GrpcLog: what gRPC itself has to say goes to the sidecar's log, while a server lives.
#pragma once

namespace amqp_sidecar::rpc {

void RouteGrpcLog();
// gRPC's threads outlive the server, and the log does not.
void UnrouteGrpcLog();

}  // namespace amqp_sidecar::rpc
