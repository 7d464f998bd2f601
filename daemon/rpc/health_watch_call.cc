#include "rpc/health_watch_call.h"

#include <memory>
#include <utility>

namespace amqp_sidecar::rpc {

void HealthWatchCall::Arm(Worker& worker, const Method& method) {
  auto call = std::make_unique<HealthWatchCall>(worker, method);
  HealthWatchCall& armed = *call;
  worker.Add(std::move(call));
  armed.context_.AsyncNotifyWhenDone(&armed.done_tag_);
  method.request(&armed.context_, &armed.request_, &armed.writer_, worker.queue(),
                 &armed.started_tag_);
}

HealthWatchCall::HealthWatchCall(Worker& worker, const Method& method)
    : worker_(worker), method_(method), writer_(&context_) {}

void HealthWatchCall::OnStarted(bool ok) {
  if (!ok) return worker_.Remove(*this);  // the server is shutting down; OnDone does not come
  if (worker_.closing()) return;
  Arm(worker_, method_);
  watcher_ = method_.source.AddWatcher(CallRef<HealthWatchCall>(worker_, *this));
  Tell();
}

void HealthWatchCall::Tell() {
  if (busy_ || finished_ || worker_.closing()) return;
  if (worker_.drained()) {
    busy_ = finished_ = true;
    writer_.Finish({grpc::StatusCode::UNAVAILABLE, "the sidecar is shutting down"}, &finished_tag_);
    return;
  }
  const ServingStatus status = method_.source.StatusOf(request_.service());
  if (told_ == status) return;
  told_ = status;
  grpc::health::v1::HealthCheckResponse response;
  response.set_status(status);
  busy_ = true;
  writer_.Write(response, &written_tag_);
}

void HealthWatchCall::EndDrained() {
  if (watcher_ != 0) Tell();
}

void HealthWatchCall::OnWritten(bool ok) {
  busy_ = false;
  // The client is gone: OnDone says so too, and ends it.
  if (!ok) finished_ = true;
  Tell();
  RemoveIfOver();
}

void HealthWatchCall::OnFinished(bool /*ok*/) {
  busy_ = false;
  RemoveIfOver();
}

void HealthWatchCall::OnDone(bool /*ok*/) {
  done_ = true;
  finished_ = true;
  method_.source.RemoveWatcher(watcher_);
  RemoveIfOver();
}

void HealthWatchCall::RemoveIfOver() {
  if (done_ && !busy_) worker_.Remove(*this);
}

}  // namespace amqp_sidecar::rpc
