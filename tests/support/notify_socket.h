// NotifySocket: a service manager's end of sd_notify: keeps what the daemon tells it. One thread.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "support/temp_dir.h"

namespace amqp_sidecar::test {

class NotifySocket {
 public:
  NotifySocket();
  ~NotifySocket();
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  // For the daemon's environment.
  std::string variable() const { return "NOTIFY_SOCKET=" + path_; }

  // All lines so far, in order: "READY=1", "STATUS=ready".
  const std::vector<std::string>& Lines();
  // How many of them are `line`.
  size_t Count(const std::string& line);
  // Waits until `line` has come `times` times; returns at once when it has.
  bool Wait(const std::string& line, std::chrono::milliseconds deadline, size_t times = 1);

 private:
  void Receive(std::chrono::milliseconds longest);

  TempDir dir_;
  std::string path_;
  int fd_ = -1;
  std::vector<std::string> lines_;
};

}  // namespace amqp_sidecar::test
