#include "rpc/status_service.h"

#include <utility>

namespace amqp_sidecar::rpc {
namespace {

// Channels come and go too often to be told of each time.
bool Same(const broker::ConnectionSnapshot& a, const broker::ConnectionSnapshot& b) {
  return a.state == b.state && a.since == b.since && a.endpoint == b.endpoint &&
         a.last_error == b.last_error && a.reconnects == b.reconnects &&
         a.blocked_reason == b.blocked_reason;
}

}  // namespace

StatusService::StatusService(const StatusReporter& reporter) : watch_{nullptr, *this, reporter} {
  get_.request = [this](auto* context, auto* request, auto* writer, auto* queue, void* tag) {
    service_.RequestGetStatus(context, request, writer, queue, queue, tag);
  };
  get_.handle = [&reporter](GetCall& call) {
    v1::GetStatusResponse response;
    *response.mutable_status() = reporter.Report();
    call.Finish(response);
  };
  watch_.request = [this](auto* context, auto* request, auto* writer, auto* queue, void* tag) {
    service_.RequestWatchStatus(context, request, writer, queue, queue, tag);
  };
}

void StatusService::Arm(Worker& worker) const {
  GetCall::Arm(worker, get_);
  StatusWatchCall::Arm(worker, watch_);
}

void StatusService::Update(const broker::Snapshot& snapshot) {
  const base::MutexLock lock(&mutex_);
  if (Same(connection_, snapshot.connection) && Same(consumer_connection_, snapshot.consuming()) &&
      topology_declared_ == snapshot.topology_declared) {
    return;
  }
  connection_ = snapshot.connection;
  consumer_connection_ = snapshot.consuming();
  topology_declared_ = snapshot.topology_declared;
  for (const auto& [id, call] : watchers_) {
    call.Post([](StatusWatchCall& watching) { watching.Tell(); });
  }
}

uint64_t StatusService::AddWatcher(CallRef<StatusWatchCall> call) {
  const base::MutexLock lock(&mutex_);
  watchers_.emplace(++last_watcher_, std::move(call));
  return last_watcher_;
}

void StatusService::RemoveWatcher(uint64_t watcher) {
  const base::MutexLock lock(&mutex_);
  watchers_.erase(watcher);
}

}  // namespace amqp_sidecar::rpc
