#include "rpc/health_service.h"

#include <utility>

namespace amqp_sidecar::rpc {
namespace {

using grpc::health::v1::HealthCheckResponse;

ServingStatus ToStatus(bool serves) {
  return serves ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
}

}  // namespace

HealthService::HealthService() : watch_{nullptr, *this} {
  check_.request = [this](auto* context, auto* request, auto* writer, auto* queue, void* tag) {
    service_.RequestCheck(context, request, writer, queue, queue, tag);
  };
  check_.handle = [this](CheckCall& call) { Check(call); };
  watch_.request = [this](auto* context, auto* request, auto* writer, auto* queue, void* tag) {
    service_.RequestWatch(context, request, writer, queue, queue, tag);
  };
}

void HealthService::Arm(Worker& worker) const {
  CheckCall::Arm(worker, check_);
  HealthWatchCall::Arm(worker, watch_);
}

void HealthService::Set(const Health& health) {
  const base::MutexLock lock(&mutex_);
  if (!closed_) Change(health);
}

void HealthService::Close() {
  const base::MutexLock lock(&mutex_);
  closed_ = true;
  Change({});
}

void HealthService::Change(const Health& health) {
  if (health == health_) return;
  health_ = health;
  for (const auto& [id, call] : watchers_) {
    call.Post([](HealthWatchCall& watching) { watching.Tell(); });
  }
}

ServingStatus HealthService::StatusOf(const std::string& service) const {
  const base::MutexLock lock(&mutex_);
  if (service.empty()) return HealthCheckResponse::SERVING;
  if (service == kPublisherServiceName) return ToStatus(health_.publisher);
  if (service == kSubscriberServiceName) return ToStatus(health_.subscriber);
  return HealthCheckResponse::SERVICE_UNKNOWN;
}

uint64_t HealthService::AddWatcher(CallRef<HealthWatchCall> call) {
  const base::MutexLock lock(&mutex_);
  watchers_.emplace(++last_watcher_, std::move(call));
  return last_watcher_;
}

void HealthService::RemoveWatcher(uint64_t watcher) {
  const base::MutexLock lock(&mutex_);
  watchers_.erase(watcher);
}

void HealthService::Check(CheckCall& call) const {
  HealthCheckResponse response;
  response.set_status(StatusOf(call.request().service()));
  if (response.status() == HealthCheckResponse::SERVICE_UNKNOWN) {
    return call.FinishWithError({grpc::StatusCode::NOT_FOUND, "no service of this name"});
  }
  call.Finish(response);
}

}  // namespace amqp_sidecar::rpc
