// FrozenThread: one thread of a child process that stands still while the others go on, as long as
// the object lives. One at a time for a thread.
#pragma once

#include <sys/types.h>

#include <string>

namespace amqp_sidecar::test {

class FrozenThread {
 public:
  // Throws where the process has no thread of this name, or it cannot be had.
  FrozenThread(pid_t process, const std::string& name);
  ~FrozenThread();
  FrozenThread(const FrozenThread&) = delete;
  FrozenThread& operator=(const FrozenThread&) = delete;

 private:
  pid_t thread_ = 0;
};

}  // namespace amqp_sidecar::test
