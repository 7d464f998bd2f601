// HealthService: gRPC's health protocol, on the workers' threads like every other service. gRPC's
// own would bring threads that poll beside the workers': see docs/adr/0006.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/mutex.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "rpc/health.h"
#include "rpc/health_watch_call.h"
#include "rpc/unary_call.h"

namespace amqp_sidecar::rpc {

class HealthService final : public HealthWatchCall::Source {
 public:
  HealthService();

  grpc::Service& grpc_service() { return service_; }
  // Before the worker starts. The service outlives the server.
  void Arm(Worker& worker) const;

  // Any thread. Those who watch are told on their own.
  void Set(const Health& health) ABSL_LOCKS_EXCLUDED(mutex_);
  // From here on neither the publisher nor the subscriber serves, whatever is set.
  void Close() ABSL_LOCKS_EXCLUDED(mutex_);

  // HealthWatchCall::Source:
  ServingStatus StatusOf(const std::string& service) const override ABSL_LOCKS_EXCLUDED(mutex_);
  uint64_t AddWatcher(CallRef<HealthWatchCall> call) override ABSL_LOCKS_EXCLUDED(mutex_);
  void RemoveWatcher(uint64_t watcher) override ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  using CheckCall =
      UnaryCall<grpc::health::v1::HealthCheckRequest, grpc::health::v1::HealthCheckResponse>;

  void Check(CheckCall& call) const;
  void Change(const Health& health) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  grpc::health::v1::Health::AsyncService service_;
  CheckCall::Method check_;
  HealthWatchCall::Method watch_;

  mutable base::Mutex mutex_;
  Health health_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t last_watcher_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<uint64_t, CallRef<HealthWatchCall>> watchers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace amqp_sidecar::rpc
