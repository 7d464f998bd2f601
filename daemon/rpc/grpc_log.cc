#include "rpc/grpc_log.h"

#include <grpc/support/log.h>

#include "base/log.h"

namespace amqp_sidecar::rpc {

void RouteGrpcLog() {
  gpr_set_log_function([](gpr_log_func_args* line) {
    // What gRPC calls an error is the trouble of one connection.
    const auto level =
        line->severity == GPR_LOG_SEVERITY_ERROR ? base::LogLevel::kWarn : base::LogLevel::kDebug;
    base::Log(level, "grpc says", {{"text", line->message}});
  });
}

void UnrouteGrpcLog() { gpr_set_log_function(nullptr); }

}  // namespace amqp_sidecar::rpc
