// MemoryGroup: a control group of its own whose processes may use so much memory and no more: the
// kernel kills what would take more. Version 1 or 2. Gone with the object, when its processes are.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace amqp_sidecar::test {

class MemoryGroup {
 public:
  // Null where this machine has none to give: not root, or no memory controller here.
  static std::unique_ptr<MemoryGroup> Make(size_t limit_bytes);
  ~MemoryGroup();
  MemoryGroup(const MemoryGroup&) = delete;
  MemoryGroup& operator=(const MemoryGroup&) = delete;

  // To stand before a command that is to run in it.
  std::vector<std::string> Wrapper() const;
  // What its processes and their files in memory took at the most.
  size_t PeakBytes() const;
  // How often the kernel killed one of them.
  int Kills() const;

 private:
  MemoryGroup(std::string folder, bool second_version)
      : folder_(std::move(folder)), second_version_(second_version) {}
  std::string PeakFile() const;

  const std::string folder_;
  const bool second_version_;
};

}  // namespace amqp_sidecar::test
