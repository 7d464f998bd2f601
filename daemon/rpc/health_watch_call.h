// HealthWatchCall: one client that watches the health of a service, from before the call comes
// until it is over. On its worker's thread. At most one write is outstanding: what changed
// meanwhile is told by the next one, as it is then.
#pragma once

#include <grpcpp/support/async_stream.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "grpc/health/v1/health.grpc.pb.h"
#include "rpc/streaming_call.h"

namespace amqp_sidecar::rpc {

using ServingStatus = grpc::health::v1::HealthCheckResponse::ServingStatus;

class HealthWatchCall final : public StreamingCall {
 public:
  using Request = grpc::health::v1::HealthCheckRequest;
  using Writer = grpc::ServerAsyncWriter<grpc::health::v1::HealthCheckResponse>;

  // Who knows the status, and has Tell() called after a change. Any thread.
  class Source {
   public:
    virtual ~Source() = default;
    virtual ServingStatus StatusOf(const std::string& service) const = 0;
    virtual uint64_t AddWatcher(CallRef<HealthWatchCall> call) = 0;
    virtual void RemoveWatcher(uint64_t watcher) = 0;
  };

  struct Method {
    // Asks gRPC for the next call.
    std::function<void(grpc::ServerContext*, Request*, Writer*, grpc::ServerCompletionQueue*,
                       void* tag)>
        request;
    Source& source;
  };

  // Has `worker` take one call, and after each the next. `method` outlives the worker.
  static void Arm(Worker& worker, const Method& method);

  HealthWatchCall(Worker& worker, const Method& method);

  // Writes the status, unless the client knows it.
  void Tell();

  // Call:
  void EndDrained() override;

 private:
  // StreamingCall:
  void Start() override;
  void End() override;

  void OnWritten(bool ok);
  void OnFinished(bool ok);

  const Method& method_;
  Request request_;
  Writer writer_;
  MemberTag<HealthWatchCall> written_tag_{this, &HealthWatchCall::OnWritten};
  MemberTag<HealthWatchCall> finished_tag_{this, &HealthWatchCall::OnFinished};
  uint64_t watcher_ = 0;  // 0 before the call has come
  std::optional<ServingStatus> told_;
  bool writing_ = false;
  bool finished_ = false;  // nothing may be written any more
};

}  // namespace amqp_sidecar::rpc
