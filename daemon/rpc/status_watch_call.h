// StatusWatchCall: one client that watches the status, from before the call comes until it is over.
// On its worker's thread. At most one write is outstanding: what changed meanwhile is told by the
// next one, as it is then.
#pragma once

#include <grpcpp/support/async_stream.h>

#include <cstdint>
#include <functional>
#include <optional>

#include "amqp_sidecar/v1/status.grpc.pb.h"
#include "base/clock.h"
#include "rpc/status_reporter.h"
#include "rpc/streaming_call.h"

namespace amqp_sidecar::rpc {

class StatusWatchCall final : public StreamingCall {
 public:
  using Writer = grpc::ServerAsyncWriter<v1::WatchStatusResponse>;

  static constexpr base::Duration kDefaultInterval = std::chrono::seconds(1);
  static constexpr base::Duration kLeastInterval = std::chrono::milliseconds(100);
  static constexpr base::Duration kMostInterval = std::chrono::hours(1);

  // Who has Tell() called after a change. Any thread.
  class Source {
   public:
    virtual ~Source() = default;
    virtual uint64_t AddWatcher(CallRef<StatusWatchCall> call) = 0;
    virtual void RemoveWatcher(uint64_t watcher) = 0;
  };

  struct Method {
    // Asks gRPC for the next call.
    std::function<void(grpc::ServerContext*, v1::WatchStatusRequest*, Writer*,
                       grpc::ServerCompletionQueue*, void* tag)>
        request;
    Source& source;
    const StatusReporter& reporter;
  };

  // Has `worker` take one call, and after each the next. `method` outlives the worker.
  static void Arm(Worker& worker, const Method& method);

  StatusWatchCall(Worker& worker, const Method& method);

  // Writes the status as it is now.
  void Tell();

  // Call:
  void Expire() override;
  void EndDrained() override;

 private:
  // StreamingCall:
  void Start() override;
  void End() override;

  void OnWritten(bool ok);
  void OnFinished(bool ok);

  void Finish(const grpc::Status& status);

  const Method& method_;
  v1::WatchStatusRequest request_;
  Writer writer_;
  MemberTag<StatusWatchCall> written_tag_{this, &StatusWatchCall::OnWritten};
  MemberTag<StatusWatchCall> finished_tag_{this, &StatusWatchCall::OnFinished};
  base::Duration interval_ = kDefaultInterval;
  uint64_t watcher_ = 0;  // 0 before the call has come, or where it was refused
  bool writing_ = false;
  bool due_ = false;       // once more, when the write is over
  bool finished_ = false;  // nothing may be written any more
};

}  // namespace amqp_sidecar::rpc
