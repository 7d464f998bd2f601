#include "support/subprocess.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>

#include "support/eventually.h"

extern char** environ;

namespace amqp_sidecar::test {
namespace {

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& string : strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> Environment(const std::vector<std::string>& changes) {
  std::vector<std::string> merged = changes;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string name(*entry, std::strcspn(*entry, "=") + 1);
    bool changed = false;
    for (const std::string& change : changes) changed |= change.starts_with(name);
    if (!changed) merged.emplace_back(*entry);
  }
  return merged;
}

}  // namespace

// posix_spawn, since fork in a process with gRPC's threads runs gRPC's fork handlers.
Subprocess::Subprocess(std::vector<std::string> argv, std::vector<std::string> environment) {
  int out[2];
  int err[2];
  if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) {
    throw std::runtime_error("no pipe");
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  posix_spawn_file_actions_adddup2(&actions, err[1], 2);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);

  std::vector<std::string> variables = Environment(environment);
  const int error = posix_spawnp(&pid_, argv[0].c_str(), &actions, &attributes,
                                 Pointers(argv).data(), Pointers(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  close(out[1]);
  close(err[1]);
  out_.fd = out[0];
  err_.fd = err[0];
  if (error != 0) {
    close(out[0]);
    close(err[0]);
    throw std::runtime_error("cannot start " + argv[0] + ": " + std::strerror(error));
  }
  out_.reader = std::thread(&Subprocess::Read, &out_);
  err_.reader = std::thread(&Subprocess::Read, &err_);
}

Subprocess::~Subprocess() {
  if (!exit_code_) {
    Signal(SIGKILL);
    Wait(10s);
  }
  for (Capture* capture : {&out_, &err_}) {
    if (capture->reader.joinable()) capture->reader.join();
    close(capture->fd);
  }
}

void Subprocess::Signal(int signal) const {
  if (!exit_code_) kill(pid_, signal);
}

std::optional<int> Subprocess::Wait(std::chrono::milliseconds deadline) {
  if (exit_code_) return exit_code_;
  int status = 0;
  if (!Eventually(deadline, [&] { return waitpid(pid_, &status, WNOHANG) == pid_; })) {
    return std::nullopt;
  }
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  for (Capture* capture : {&out_, &err_}) capture->reader.join();
  return exit_code_;
}

std::string Subprocess::out() const { return Text(out_); }
std::string Subprocess::err() const { return Text(err_); }

void Subprocess::Read(Capture* capture) {
  char buffer[4096];
  while (true) {
    const ssize_t count = read(capture->fd, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    std::lock_guard lock(capture->mutex);
    capture->text.append(buffer, static_cast<size_t>(count));
  }
}

std::string Subprocess::Text(const Capture& capture) {
  std::lock_guard lock(capture.mutex);
  return capture.text;
}

RunResult Run(std::vector<std::string> argv, std::vector<std::string> environment,
              std::chrono::milliseconds deadline) {
  const std::string name = argv[0];
  Subprocess process(std::move(argv), std::move(environment));
  const std::optional<int> code = process.Wait(deadline);
  if (!code) throw std::runtime_error(name + " has not ended in time: " + process.output());
  return {*code, process.out(), process.err()};
}

}  // namespace amqp_sidecar::test
