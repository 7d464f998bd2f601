#include "rpc/worker.h"

#include <pthread.h>

namespace amqp_sidecar::rpc {

Worker::Worker(std::unique_ptr<grpc::ServerCompletionQueue> queue)
    : queue_(std::move(queue)), mailbox_(std::make_shared<Mailbox>(*queue_)) {}

Worker::~Worker() { Stop(); }

Call& Worker::Add(std::unique_ptr<Call> call) {
  call->id_ = ++last_id_;
  Call& added = *call;
  calls_.emplace(added.id_, std::move(call));
  return added;
}

void Worker::Remove(const Call& call) { calls_.erase(call.id_); }

Call* Worker::Find(uint64_t id) {
  const auto it = calls_.find(id);
  return it == calls_.end() ? nullptr : it->second.get();
}

void Worker::AbortAll() {
  for (const auto& [id, call] : calls_) call->Abort();
}

void Worker::Start() {
  thread_ = std::thread([this] { Run(); });
  pthread_setname_np(thread_.native_handle(), "rpc");
}

void Worker::Stop() {
  mailbox_->Close();
  queue_->Shutdown();
  if (thread_.joinable()) {
    thread_.join();
  } else {
    Run();  // never started: the queue wants to be emptied all the same
  }
}

void Worker::Run() {
  void* tag = nullptr;
  bool ok = false;
  while (queue_->Next(&tag, &ok)) static_cast<Tag*>(tag)->OnTag(ok);
}

}  // namespace amqp_sidecar::rpc
