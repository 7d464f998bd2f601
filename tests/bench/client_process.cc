#include "bench/client_process.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <sstream>
#include <stdexcept>

#include "bench/pairs_part.h"
#include "support/eventually.h"

namespace amqp_sidecar::bench {
namespace {

// Two hundred of them start on few cores.
constexpr std::chrono::seconds kReadyLimit{120};
constexpr std::chrono::seconds kEndLimit{60};

std::vector<std::string> CommandLine(const ClientTask& task, const StartGate& gate) {
  return {"/proc/self/exe",
          kClientVerb,
          std::to_string(static_cast<int>(task.path)),
          task.address,
          task.queue,
          std::to_string(task.body_bytes),
          std::to_string(task.window),
          std::to_string(task.seconds),
          std::to_string(gate.descriptor())};
}

}  // namespace

// The read end is inherited; the write end must not be, or the gate would never open.
StartGate::StartGate() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  read_ = ends[0];
  write_ = ends[1];
  fcntl(read_, F_SETFD, 0);
}

StartGate::~StartGate() {
  Open();
  close(read_);
}

void StartGate::Open() {
  if (write_ >= 0) close(write_);
  write_ = -1;
}

ClientProcess::ClientProcess(const ClientTask& task, const StartGate& gate)
    : task_(task), process_(CommandLine(task, gate)) {}

void ClientProcess::WaitReady() {
  const bool ready = test::Eventually(kReadyLimit, [&] {
    return process_.out().starts_with("ready\n") || process_.Wait(std::chrono::seconds(0));
  });
  if (!ready || !process_.out().starts_with("ready\n")) {
    throw std::runtime_error("a client process does not start: " + process_.output());
  }
}

ClientProcess::Result ClientProcess::Finish() {
  Result result;
  const auto limit = std::chrono::seconds(static_cast<int>(task_.seconds)) + kEndLimit;
  const std::optional<int> code = process_.Wait(limit);
  if (code != 0) {
    result.failure = code ? process_.err() : "it has not ended in time";
    return result;
  }
  std::istringstream words(process_.out());
  std::string ready;
  int64_t began = 0;
  words >> ready >> result.seconds >> began;
  result.began = Clock::time_point(std::chrono::nanoseconds(began));
  for (int64_t latency = 0; words >> latency;) result.latencies.push_back(latency);
  return result;
}

int ClientMain(int argc, char** argv) {
  const std::vector<std::string> arguments(argv, argv + argc);
  if (arguments.size() != 9) return 64;
  try {
    const auto publisher = MakePublisher(static_cast<Path>(std::stoi(arguments[2])), arguments[3]);
    Work work;
    work.queue = arguments[4];
    work.body = BodyOf(std::stoul(arguments[5]));
    work.window = std::stoul(arguments[6]);
    work.lasts = std::chrono::duration_cast<Clock::duration>(Seconds(std::stod(arguments[7])));
    std::printf("ready\n");
    std::fflush(stdout);
    // Nothing is ever written: the end of the file is the opening of the gate.
    char nothing = 0;
    while (read(std::stoi(arguments[8]), &nothing, 1) < 0) {
    }
    const Tally tally = publisher->Publish(work);
    const std::chrono::nanoseconds began = tally.began.time_since_epoch();
    std::printf("%.9g %lld\n", tally.took.count(), static_cast<long long>(began.count()));
    for (const int64_t latency : tally.latencies) {
      std::printf("%lld\n", static_cast<long long>(latency));
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}

}  // namespace amqp_sidecar::bench
