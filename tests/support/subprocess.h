// Subprocess: a program that runs beside the test, with its output captured. One thread at a time
// may call it; two threads of its own read the output. It is killed with the object.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace amqp_sidecar::test {

class Subprocess {
 public:
  // Starts `argv`, found by PATH, with empty standard input, and with `environment` ("NAME=value")
  // on top of the test's own. Throws when it cannot.
  explicit Subprocess(std::vector<std::string> argv, std::vector<std::string> environment = {});
  ~Subprocess();
  Subprocess(const Subprocess&) = delete;
  Subprocess& operator=(const Subprocess&) = delete;

  pid_t pid() const { return pid_; }
  void Signal(int signal) const;

  // The exit code once it ended, -N if signal N ended it; nullopt if it runs on at the deadline.
  std::optional<int> Wait(std::chrono::milliseconds deadline);

  // What it wrote so far; all of it once Wait returned a code.
  std::string out() const;
  std::string err() const;
  std::string output() const { return out() + err(); }

 private:
  struct Capture {
    int fd = -1;
    mutable std::mutex mutex;
    std::string text;
    std::thread reader;
  };
  static void Read(Capture* capture);
  static std::string Text(const Capture& capture);

  pid_t pid_ = -1;
  std::optional<int> exit_code_;
  Capture out_;
  Capture err_;
};

struct RunResult {
  int exit_code = -1;
  std::string out;
  std::string err;
  std::string output() const { return out + err; }
};

// Runs a program to its end; throws if it has not ended at the deadline.
RunResult Run(std::vector<std::string> argv, std::vector<std::string> environment = {},
              std::chrono::milliseconds deadline = std::chrono::seconds(30));

}  // namespace amqp_sidecar::test
