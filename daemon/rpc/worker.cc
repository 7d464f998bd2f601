#include "rpc/worker.h"

#include <pthread.h>

#include <chrono>
#include <future>

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

void Worker::Remove(const Call& call) {
  if (call.expires_ != base::kNever) expiries_.erase({call.expires_, call.id_});
  calls_.erase(call.id_);
}

Call* Worker::Find(uint64_t id) {
  const auto it = calls_.find(id);
  return it == calls_.end() ? nullptr : it->second.get();
}

void Worker::ExpireAt(base::TimePoint when, Call& call) {
  call.expires_ = when;
  expiries_.emplace(when, call.id_);
  if (alarm_at_ == base::kNever) {
    SetAlarm();
  } else if (when < alarm_at_) {
    const base::MutexLock lock(&alarm_mutex_);
    alarm_.Cancel();  // OnAlarm sets it anew
  }
}

void Worker::SetAlarm() {
  const base::MutexLock lock(&alarm_mutex_);
  if (stopping_) return;
  alarm_at_ = expiries_.begin()->first;
  const auto left = alarm_at_ - std::chrono::steady_clock::now();
  alarm_.Set(queue_.get(),
             std::chrono::system_clock::now() +
                 std::chrono::duration_cast<std::chrono::system_clock::duration>(left),
             &alarm_tag_);
}

void Worker::OnAlarm(bool /*ok*/) {
  alarm_at_ = base::kNever;
  const base::TimePoint now = std::chrono::steady_clock::now();
  while (!expiries_.empty() && expiries_.begin()->first <= now) {
    Call* const call = Find(expiries_.begin()->second);
    expiries_.erase(expiries_.begin());
    call->expires_ = base::kNever;
    call->Expire();
  }
  // One that expired may have asked for the next time, and so have set it.
  if (!expiries_.empty() && alarm_at_ == base::kNever) SetAlarm();
}

void Worker::Start() {
  thread_ = std::thread([this] { Run(); });
  pthread_setname_np(thread_.native_handle(), "rpc");
}

void Worker::EndDrained() {
  mailbox_->Post([this] {
    drained_ = true;
    for (const auto& [id, call] : calls_) call->EndDrained();
  });
}

// gRPC aborts the process for an operation on a queue that is shut down.
void Worker::CloseCalls() {
  if (!thread_.joinable()) return;
  const auto closed = std::make_shared<std::promise<void>>();
  mailbox_->Post([this, closed] {
    closing_ = true;
    closed->set_value();
  });
  closed->get_future().wait();
}

void Worker::Stop() {
  CloseCalls();
  mailbox_->Close();
  {
    // An alarm on a queue that is shut down would be the end of the process.
    const base::MutexLock lock(&alarm_mutex_);
    stopping_ = true;
    alarm_.Cancel();
  }
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
