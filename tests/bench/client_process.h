// ClientProcess: another publisher in a process of its own: this program, run again with a verb
// that its help does not show. gRPC does not survive a fork, so it is a fresh program.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/publisher.h"
#include "support/subprocess.h"

namespace amqp_sidecar::bench {

// What a client process is to do, once it is let go.
struct ClientTask {
  Path path = Path::kUnary;
  std::string address;
  std::string queue;
  size_t body_bytes = 256;
  size_t window = 1;
  double seconds = 1;
};

// One gate for any number of client processes.
class StartGate {
 public:
  StartGate();
  ~StartGate();
  StartGate(const StartGate&) = delete;
  StartGate& operator=(const StartGate&) = delete;

  // The end that waits at it; every process started while the gate is shut inherits it.
  int descriptor() const { return read_; }
  void Open();

 private:
  int read_ = -1;
  int write_ = -1;
};

class ClientProcess {
 public:
  // Started; it connects, and waits at the gate.
  ClientProcess(const ClientTask& task, const StartGate& gate);

  void WaitReady();

  struct Result {
    std::string failure;             // empty: none
    std::vector<int64_t> latencies;  // ns, one for each message
    double seconds = 0;
    Clock::time_point began;  // by the clock that all processes share
  };
  // Waits for its end.
  Result Finish();

 private:
  ClientTask task_;
  test::Subprocess process_;
};

// The verb: its arguments, and the work. Returns the exit code.
int ClientMain(int argc, char** argv);
// The verb's name.
constexpr char kClientVerb[] = "client-process";

}  // namespace amqp_sidecar::bench
