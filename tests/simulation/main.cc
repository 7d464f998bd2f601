// simulation_test: runs seeds, and says which fail and how to see it again.
#include <sys/wait.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "base/planted.h"
#include "simulation.h"

namespace {

using amqp_sidecar::simulation::Result;
using amqp_sidecar::simulation::Run;

constexpr int kMostFailuresShown = 5;

struct Options {
  uint64_t from = 0;
  uint64_t count = 1000;
  uint64_t jobs = 1;
  bool trace = false;
  bool twice = false;
  std::string find;  // a planted bug
};

[[noreturn]] void Usage() {
  std::fputs(
      "usage: simulation_test [--seed N] [--seeds FROM:COUNT] [--jobs N] [--trace] [--twice]\n"
      "                       [--plant BUG | --find BUG]\n"
      "  --seed N            one seed\n"
      "  --seeds FROM:COUNT  COUNT seeds from FROM on (0:1000)\n"
      "  --jobs N            so many processes\n"
      "  --trace             print everything that happens, and the daemon's log\n"
      "  --twice             run each seed twice, and compare what happened\n"
      "  --plant BUG         with that planted bug (simulation_planted_test only)\n"
      "  --find BUG          the same; succeeds where a seed fails, and ends with it\n",
      stderr);
  std::exit(64);
}

// False where this program has no such bug.
bool Plant([[maybe_unused]] const std::string& name) {
#ifdef SIDECAR_PLANTED_BUGS
  using amqp_sidecar::base::PlantedBug;
  static const std::map<std::string, PlantedBug> kBugs = {
      {"done-bit-dropped", PlantedBug::kDoneBitDropped},
      {"number-reused-too-early", PlantedBug::kNumberReusedTooEarly},
      {"close-answered-twice", PlantedBug::kCloseAnsweredTwice},
      {"stale-tag-settled", PlantedBug::kStaleTagSettled},
      {"republish-forgotten", PlantedBug::kRepublishForgotten},
      {"arrival-forgotten", PlantedBug::kArrivalForgotten},
      {"lost-move-acked", PlantedBug::kLostMoveAcked},
      {"own-expiration-kept", PlantedBug::kOwnExpirationKept},
      {"wait-rounded-down", PlantedBug::kWaitRoundedDown},
      {"attempts-forgotten", PlantedBug::kAttemptsForgotten},
  };
  const auto found = kBugs.find(name);
  if (found == kBugs.end()) return false;
  amqp_sidecar::base::planted_bug = found->second;
  return true;
#else
  return false;
#endif
}

uint64_t Number(const char* text) {
  char* end = nullptr;
  const uint64_t number = std::strtoull(text, &end, 10);
  if (end == text || *end != '\0') Usage();
  return number;
}

Options Parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    if (flag == "--trace") {
      options.trace = true;
      continue;
    }
    if (flag == "--twice") {
      options.twice = true;
      continue;
    }
    if (++i == argc) Usage();
    if (flag == "--seed") {
      options.from = Number(argv[i]);
      options.count = 1;
    } else if (flag == "--jobs") {
      options.jobs = Number(argv[i]);
    } else if (flag == "--plant" || flag == "--find") {
      if (!Plant(argv[i])) Usage();
      if (flag == "--find") options.find = argv[i];
    } else if (flag == "--seeds") {
      const std::string range = argv[i];
      const size_t colon = range.find(':');
      if (colon == std::string::npos) Usage();
      options.from = Number(range.substr(0, colon).c_str());
      options.count = Number(range.c_str() + colon + 1);
    } else {
      Usage();
    }
  }
  if (options.jobs == 0) Usage();
  return options;
}

// The seeds of one process: those that leave `job` as the rest. True where none fails.
bool RunJob(const Options& options, uint64_t job, const char* program) {
  int failures = 0;
  uint64_t publishes = 0;
  uint64_t events = 0;
  for (uint64_t i = job; i < options.count; i += options.jobs) {
    const uint64_t seed = options.from + i;
    Result result = Run(seed, options.trace);
    publishes += result.publishes;
    events += result.events;
    if (options.twice && result.failure.empty() &&
        Run(seed, false).trace_hash != result.trace_hash) {
      result.failure = "the second run of the seed went another way";
    }
    if (result.failure.empty()) continue;
    std::printf("seed %" PRIu64 " fails: %s\n  to see it: %s --seed %" PRIu64 " --trace\n", seed,
                result.failure.c_str(), program, seed);
    if (++failures == kMostFailuresShown) break;
  }
  std::printf("%" PRIu64 " publishes, %" PRIu64 " events\n", publishes, events);
  std::fflush(stdout);
  return failures == 0;
}

// True where a seed shows the bug that is planted.
bool Find(const Options& options) {
  for (uint64_t i = 0; i < options.count; ++i) {
    const Result result = Run(options.from + i, false);
    if (result.failure.empty()) continue;
    std::printf("%s: found by seed %" PRIu64 ", the %" PRIu64 ". one: %s\n", options.find.c_str(),
                options.from + i, i + 1, result.failure.c_str());
    return true;
  }
  std::printf("%s: not found by %" PRIu64 " seeds\n", options.find.c_str(), options.count);
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = Parse(argc, argv);
  amqp_sidecar::simulation::SetLog(options.trace);
  if (!options.find.empty()) return Find(options) ? 0 : 1;
  std::vector<pid_t> children;
  for (uint64_t job = 1; job < options.jobs; ++job) {
    const pid_t child = fork();
    if (child < 0) return 1;
    if (child == 0) std::_Exit(RunJob(options, job, argv[0]) ? 0 : 1);
    children.push_back(child);
  }
  bool good = RunJob(options, 0, argv[0]);
  for (const pid_t child : children) {
    int status = 0;
    good = waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0 &&
           good;
  }
  if (good) std::printf("%" PRIu64 " seeds, 0 failures\n", options.count);
  return good ? 0 : 1;
}
