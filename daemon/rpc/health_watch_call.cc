#include "rpc/health_watch_call.h"

#include <memory>
#include <utility>

namespace amqp_sidecar::rpc {

void HealthWatchCall::Arm(Worker& worker, const Method& method) {
  auto call = std::make_unique<HealthWatchCall>(worker, method);
  HealthWatchCall& armed = *call;
  worker.Add(std::move(call));
  armed.NotifyWhenDone();
  method.request(&armed.context_, &armed.request_, &armed.writer_, worker.queue(),
                 armed.started_tag());
}

HealthWatchCall::HealthWatchCall(Worker& worker, const Method& method)
    : StreamingCall(worker), method_(method), writer_(&context_) {}

void HealthWatchCall::Start() {
  Arm(worker_, method_);
  watcher_ = method_.source.AddWatcher(CallRef<HealthWatchCall>(worker_, *this));
  Tell();
}

void HealthWatchCall::Tell() {
  if (writing_ || finished_ || worker_.closing()) return;
  if (worker_.drained()) {
    finished_ = true;
    writer_.Finish({grpc::StatusCode::UNAVAILABLE, "the sidecar is shutting down"},
                   Begin(finished_tag_));
    return;
  }
  const ServingStatus status = method_.source.StatusOf(request_.service());
  if (told_ == status) return;
  told_ = status;
  grpc::health::v1::HealthCheckResponse response;
  response.set_status(status);
  writing_ = true;
  writer_.Write(response, Begin(written_tag_));
}

void HealthWatchCall::EndDrained() {
  if (watcher_ != 0) Tell();
}

void HealthWatchCall::OnWritten(bool ok) {
  writing_ = false;
  // The client is gone: End() is called, too.
  if (!ok) finished_ = true;
  Tell();
  Over();
}

void HealthWatchCall::OnFinished(bool /*ok*/) { Over(); }

void HealthWatchCall::End() {
  finished_ = true;
  method_.source.RemoveWatcher(watcher_);
}

}  // namespace amqp_sidecar::rpc
