// StatusService: tells what the sidecar sees, now or again and again. On the workers' threads.
#pragma once

#include <cstdint>
#include <map>

#include "amqp_sidecar/v1/status.grpc.pb.h"
#include "base/mutex.h"
#include "broker/broker.h"
#include "rpc/status_reporter.h"
#include "rpc/status_watch_call.h"
#include "rpc/unary_call.h"

namespace amqp_sidecar::rpc {

class StatusService final : public StatusWatchCall::Source {
 public:
  // `reporter` outlives the service, the service outlives the server.
  explicit StatusService(const StatusReporter& reporter);

  grpc::Service& grpc_service() { return service_; }
  // Before the worker starts.
  void Arm(Worker& worker) const;

  // Those who watch are told, where a connection changed. Any thread, one after the other.
  void Update(const broker::Snapshot& snapshot) ABSL_LOCKS_EXCLUDED(mutex_);

  // StatusWatchCall::Source:
  uint64_t AddWatcher(CallRef<StatusWatchCall> call) override ABSL_LOCKS_EXCLUDED(mutex_);
  void RemoveWatcher(uint64_t watcher) override ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  using GetCall = UnaryCall<v1::GetStatusRequest, v1::GetStatusResponse>;

  v1::StatusService::AsyncService service_;
  GetCall::Method get_;
  StatusWatchCall::Method watch_;

  base::Mutex mutex_;
  // As of the last change that was told of.
  broker::ConnectionSnapshot connection_ ABSL_GUARDED_BY(mutex_);
  broker::ConnectionSnapshot consumer_connection_ ABSL_GUARDED_BY(mutex_);
  bool topology_declared_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t last_watcher_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<uint64_t, CallRef<StatusWatchCall>> watchers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace amqp_sidecar::rpc
