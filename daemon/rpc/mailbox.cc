#include "rpc/mailbox.h"

#include <chrono>
#include <utility>

namespace amqp_sidecar::rpc {

void Mailbox::Post(base::Task task) {
  const base::MutexLock lock(&mutex_);
  if (closed_) return;
  tasks_.push_back(std::move(task));
  // A time that has passed: the alarm comes at once.
  if (tasks_.size() == 1) alarm_.Set(&queue_, std::chrono::system_clock::time_point{}, this);
}

void Mailbox::Close() {
  const base::MutexLock lock(&mutex_);
  closed_ = true;
}

void Mailbox::OnTag(bool /*ok*/) {
  std::vector<base::Task> tasks;
  {
    const base::MutexLock lock(&mutex_);
    tasks.swap(tasks_);
  }
  for (base::Task& task : tasks) task();
}

}  // namespace amqp_sidecar::rpc
