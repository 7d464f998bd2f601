#include "drills/memory_group.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "integration/world.h"
#include "support/eventually.h"
#include "support/temp_dir.h"

namespace amqp_sidecar::test {
namespace {

constexpr char kFirst[] = "/sys/fs/cgroup/memory";
constexpr char kSecond[] = "/sys/fs/cgroup";

bool Write(const std::string& file, const std::string& text) {
  std::ofstream stream(file);
  return stream << text << std::flush && true;
}

// The number behind `key` in a file of lines; of a file that is one number where there is no key.
size_t Number(const std::string& file, const std::string& key = "") {
  std::istringstream words(ReadFile(file));
  std::string name;
  size_t number = 0;
  while (key.empty() ? words >> number : words >> name >> number) {
    if (name == key) return number;
  }
  return 0;
}

}  // namespace

std::unique_ptr<MemoryGroup> MemoryGroup::Make(size_t limit_bytes) {
  const bool first = std::filesystem::exists(std::string(kFirst) + "/memory.limit_in_bytes");
  const std::string folder = (first ? kFirst : kSecond) + ("/" + UniqueName("sidecar-drill"));
  std::error_code error;
  if (!std::filesystem::create_directory(folder, error)) return nullptr;
  std::unique_ptr<MemoryGroup> group(new MemoryGroup(folder, !first));
  const std::string limit = folder + (first ? "/memory.limit_in_bytes" : "/memory.max");
  if (!std::filesystem::exists(limit) || !Write(limit, std::to_string(limit_bytes))) return nullptr;
  if (!std::filesystem::exists(folder + group->PeakFile())) return nullptr;  // an old kernel
  // Where there is swap, none of it. The first version counts it together with memory.
  const std::string swap = folder + (first ? "/memory.memsw.limit_in_bytes" : "/memory.swap.max");
  if (std::filesystem::exists(swap)) Write(swap, first ? std::to_string(limit_bytes) : "0");
  return group;
}

MemoryGroup::~MemoryGroup() {
  Eventually(2s, [&] { return rmdir(folder_.c_str()) == 0; });
}

std::vector<std::string> MemoryGroup::Wrapper() const {
  return {"sh", "-c", "echo $$ > " + folder_ + "/cgroup.procs && exec \"$@\"", "sh"};
}

std::string MemoryGroup::PeakFile() const {
  return second_version_ ? "/memory.peak" : "/memory.max_usage_in_bytes";
}

size_t MemoryGroup::PeakBytes() const { return Number(folder_ + PeakFile()); }

int MemoryGroup::Kills() const {
  return static_cast<int>(
      Number(folder_ + (second_version_ ? "/memory.events" : "/memory.oom_control"), "oom_kill"));
}

}  // namespace amqp_sidecar::test
