// Mailbox: tasks from any thread for the thread of one completion queue. The queue is woken on the
// step from empty to non-empty only. Bounded by the calls that are open: each has a task or two in
// it at most.
#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/completion_queue.h>

#include <vector>

#include "base/mutex.h"
#include "base/reactor.h"
#include "rpc/tag.h"

namespace amqp_sidecar::rpc {

class Mailbox final : public Tag {
 public:
  // `queue` is not owned; Close() comes before its Shutdown().
  explicit Mailbox(grpc::CompletionQueue& queue) : queue_(queue) {}

  // Any thread. Tasks run in the order in which they were posted. After Close() the task is
  // dropped.
  void Post(base::Task task) ABSL_LOCKS_EXCLUDED(mutex_);

  // Any thread. What was posted before still runs.
  void Close() ABSL_LOCKS_EXCLUDED(mutex_);

  // On the queue's thread.
  void OnTag(bool ok) override ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  grpc::CompletionQueue& queue_;

  base::Mutex mutex_;
  std::vector<base::Task> tasks_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  // Set again only after it has come out of the queue.
  grpc::Alarm alarm_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace amqp_sidecar::rpc
