// Worker: one completion queue, the thread that serves it and the calls that live on it. Knows no
// method.
#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/completion_queue.h>

#include <cstdint>
#include <memory>
#include <set>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/clock.h"
#include "base/mutex.h"
#include "rpc/mailbox.h"
#include "rpc/tag.h"

namespace amqp_sidecar::rpc {

// A call lives on its worker's thread, from before it is there (armed) until its last operation is
// over.
class Call {
 public:
  virtual ~Call() = default;

  // What Worker::ExpireAt() asked for.
  virtual void Expire() {}

  // The sidecar has drained: a call that its client could keep open for ever comes to its end.
  virtual void EndDrained() {}

  uint64_t id() const { return id_; }

 private:
  friend class Worker;
  uint64_t id_ = 0;
  base::TimePoint expires_ = base::kNever;
};

class Worker {
 public:
  explicit Worker(std::unique_ptr<grpc::ServerCompletionQueue> queue);
  ~Worker();

  // On this worker's thread, or before Start().
  Call& Add(std::unique_ptr<Call> call);
  void Remove(const Call& call);
  // nullptr where the call is over.
  Call* Find(uint64_t id);

  // Has the call's Expire() called at `when`, unless it is over by then. Once a call, and again
  // from its Expire() on. On this worker's thread.
  void ExpireAt(base::TimePoint when, Call& call) ABSL_LOCKS_EXCLUDED(alarm_mutex_);

  void Start();

  // Tells all calls that the sidecar has drained. Any thread.
  void EndDrained();
  // Since EndDrained(); no operation may be begun any more, since Stop(). On the worker's thread.
  bool drained() const { return drained_; }
  bool closing() const { return closing_; }

  // After the server's own shutdown: ends the queue and the thread.
  void Stop() ABSL_LOCKS_EXCLUDED(alarm_mutex_);

  grpc::ServerCompletionQueue* queue() { return queue_.get(); }
  // Outlives the worker where others hold it; it runs nothing then.
  const std::shared_ptr<Mailbox>& mailbox() const { return mailbox_; }

 private:
  void Run();
  // Has the thread begin nothing any more, and waits until it knows.
  void CloseCalls();
  void SetAlarm() ABSL_LOCKS_EXCLUDED(alarm_mutex_);
  void OnAlarm(bool ok);

  // Constant after construction.
  const std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  const std::shared_ptr<Mailbox> mailbox_;

  // Owned by the worker's thread.
  std::unordered_map<uint64_t, std::unique_ptr<Call>> calls_;
  bool drained_ = false;
  bool closing_ = false;
  uint64_t last_id_ = 0;
  // Calls that expire, the earliest first. One alarm for all: it is set while there are any, and
  // most calls are over before it comes.
  std::set<std::pair<base::TimePoint, uint64_t>> expiries_;
  base::TimePoint alarm_at_ = base::kNever;  // kNever: it is not set
  MemberTag<Worker> alarm_tag_{this, &Worker::OnAlarm};

  base::Mutex alarm_mutex_;
  grpc::Alarm alarm_ ABSL_GUARDED_BY(alarm_mutex_);
  bool stopping_ ABSL_GUARDED_BY(alarm_mutex_) = false;

  std::thread thread_;
};

// A call as other threads know it.
template <typename CallType>
class CallRef {
 public:
  CallRef(Worker& worker, const CallType& call)
      : mailbox_(worker.mailbox()), worker_(&worker), id_(call.id()) {}

  // Runs fn(call) on the call's thread, or drops it where the call is over by then. Any thread.
  template <typename Fn>
  void Post(Fn fn) const {
    mailbox_->Post([worker = worker_, id = id_, fn = std::move(fn)]() mutable {
      if (Call* call = worker->Find(id)) fn(static_cast<CallType&>(*call));
    });
  }

 private:
  std::shared_ptr<Mailbox> mailbox_;
  Worker* worker_;  // of use in the mailbox's tasks only
  uint64_t id_;
};

}  // namespace amqp_sidecar::rpc
