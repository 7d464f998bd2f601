#include "bench/process_meter.h"

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>

#include "support/temp_dir.h"

namespace amqp_sidecar::bench {
namespace {

std::chrono::nanoseconds Read(clockid_t clock) {
  timespec time{};
  if (clock_gettime(clock, &time) != 0) throw std::runtime_error("a measured process is gone");
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

// The inodes of established connections in a table of /proc/PID/net, by remote port.
void AddEstablished(const std::string& table, uint16_t port, std::set<std::string>& inodes) {
  std::istringstream lines(test::ReadFile(table));
  std::string line;
  std::getline(lines, line);  // the head
  while (std::getline(lines, line)) {
    std::istringstream fields(line);
    std::string slot, local, remote, state, skipped, inode;
    fields >> slot >> local >> remote >> state;
    for (int i = 0; i < 5; ++i) fields >> skipped;
    fields >> inode;
    const std::string remote_port = remote.substr(remote.rfind(':') + 1);
    if (state == "01" && std::stoul(remote_port, nullptr, 16) == port) inodes.insert(inode);
  }
}

}  // namespace

ProcessMeter::ProcessMeter(pid_t pid) : folder_("/proc/" + std::to_string(pid)) {
  if (clock_getcpuclockid(pid, &clock_) != 0) {
    throw std::runtime_error("no process " + std::to_string(pid));
  }
}

std::chrono::nanoseconds ProcessMeter::ProcessorTime() const { return Read(clock_); }

void ProcessMeter::ForgetPeak() const {
  std::ofstream file(folder_ + "/clear_refs");
  file << "5";
  file.close();
  if (!file) throw std::runtime_error("cannot reset the peak of a process's memory");
}

size_t ProcessMeter::ConnectionsTo(uint16_t port) const {
  std::set<std::string> inodes;
  for (const char* table : {"/net/tcp", "/net/tcp6"}) AddEstablished(folder_ + table, port, inodes);
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ + "/fd")) {
    std::error_code gone;
    const std::string target = std::filesystem::read_symlink(entry.path(), gone).string();
    if (!target.starts_with("socket:[")) continue;
    count += inodes.count(target.substr(8, target.size() - 9));
  }
  return count;
}

size_t ProcessMeter::Status(const std::string& name) const {
  const std::string status = test::ReadFile(folder_ + "/status");
  const size_t at = status.find("\n" + name + ":");
  if (at == std::string::npos) throw std::runtime_error("a process has no " + name);
  return std::stoul(status.substr(at + name.size() + 2)) * 1024;
}

std::chrono::nanoseconds OwnProcessorTime() { return Read(CLOCK_PROCESS_CPUTIME_ID); }

}  // namespace amqp_sidecar::bench
