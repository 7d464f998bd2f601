#include "support/frozen_thread.h"

#include <sys/ptrace.h>
#include <sys/wait.h>

#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include "support/temp_dir.h"

namespace amqp_sidecar::test {

FrozenThread::FrozenThread(pid_t process, const std::string& name) {
  const std::string tasks = "/proc/" + std::to_string(process) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks)) {
    if (ReadFile(task.path().string() + "/comm") == name + "\n") {
      thread_ = std::stoi(task.path().filename().string());
    }
  }
  if (thread_ == 0) throw std::runtime_error("there is no thread " + name);
  const bool stopped = ::ptrace(PTRACE_SEIZE, thread_, nullptr, nullptr) == 0 &&
                       ::ptrace(PTRACE_INTERRUPT, thread_, nullptr, nullptr) == 0 &&
                       ::waitpid(thread_, nullptr, __WALL) == thread_;
  if (!stopped) throw std::system_error(errno, std::generic_category(), "ptrace");
}

FrozenThread::~FrozenThread() { ::ptrace(PTRACE_DETACH, thread_, nullptr, nullptr); }

}  // namespace amqp_sidecar::test
