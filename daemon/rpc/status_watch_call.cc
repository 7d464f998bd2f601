#include "rpc/status_watch_call.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "rpc/convert.h"

namespace amqp_sidecar::rpc {

void StatusWatchCall::Arm(Worker& worker, const Method& method) {
  auto call = std::make_unique<StatusWatchCall>(worker, method);
  StatusWatchCall& armed = *call;
  worker.Add(std::move(call));
  armed.NotifyWhenDone();
  method.request(&armed.context_, &armed.request_, &armed.writer_, worker.queue(),
                 armed.started_tag());
}

StatusWatchCall::StatusWatchCall(Worker& worker, const Method& method)
    : StreamingCall(worker), method_(method), writer_(&context_) {}

void StatusWatchCall::Start() {
  Arm(worker_, method_);
  if (request_.has_interval()) {
    const std::optional<uint64_t> milliseconds = ToMilliseconds(request_.interval());
    // Longer than anything that is allowed, and not too long to count with.
    constexpr uint64_t kTooLong = uint64_t{24} * 3600 * 1000;
    interval_ = std::chrono::milliseconds(std::min(milliseconds.value_or(0), kTooLong));
    if (interval_ < kLeastInterval || interval_ > kMostInterval) {
      return Finish({grpc::StatusCode::INVALID_ARGUMENT, "interval must be from 0.1 s to 1 h"});
    }
  }
  watcher_ = method_.source.AddWatcher(CallRef<StatusWatchCall>(worker_, *this));
  worker_.ExpireAt(std::chrono::steady_clock::now() + interval_, *this);
  Tell();
}

void StatusWatchCall::Tell() {
  if (finished_ || worker_.closing()) return;
  due_ = writing_;
  if (writing_) return;
  if (worker_.drained()) {
    return Finish({grpc::StatusCode::UNAVAILABLE, "the sidecar is shutting down"});
  }
  v1::WatchStatusResponse response;
  *response.mutable_status() = method_.reporter.Report();
  writing_ = true;
  writer_.Write(response, Begin(written_tag_));
}

void StatusWatchCall::Expire() {
  if (finished_) return;
  worker_.ExpireAt(std::chrono::steady_clock::now() + interval_, *this);
  Tell();
}

void StatusWatchCall::EndDrained() {
  if (watcher_ != 0) Tell();
}

void StatusWatchCall::Finish(const grpc::Status& status) {
  finished_ = true;
  writer_.Finish(status, Begin(finished_tag_));
}

void StatusWatchCall::OnWritten(bool ok) {
  writing_ = false;
  // The client is gone: End() is called, too.
  if (!ok) finished_ = true;
  if (due_ || worker_.drained()) Tell();
  Over();
}

void StatusWatchCall::OnFinished(bool /*ok*/) { Over(); }

void StatusWatchCall::End() {
  finished_ = true;
  if (watcher_ != 0) method_.source.RemoveWatcher(watcher_);
}

}  // namespace amqp_sidecar::rpc
