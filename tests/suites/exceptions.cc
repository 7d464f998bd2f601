#include "suites/exceptions.h"

#include <fstream>
#include <stdexcept>

namespace amqp_sidecar::suites {

std::string TestName(const std::string& draft, const std::string& file, const std::string& group,
                     const std::string& test) {
  return draft + " | " + file + " | " + group + " | " + test;
}

Exceptions::Exceptions(const std::filesystem::path& list, const std::string& draft) {
  std::ifstream stream(list);
  if (!stream) throw std::runtime_error(list.string() + " cannot be read");
  for (std::string line; std::getline(stream, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    const std::string of = line.substr(0, line.find(" | "));
    if (of != "draft7" && of != "draft2020-12") throw std::runtime_error("no draft: " + line);
    if (of != draft) continue;
    const size_t reason = line.rfind(" | ");
    const std::string name = line.substr(0, reason);
    size_t bars = 0;
    for (size_t at = name.find(" | "); at != std::string::npos; at = name.find(" | ", at + 1)) {
      ++bars;
    }
    if (bars != 3 || line.size() < reason + 4 || !taken_.emplace(name, false).second) {
      throw std::runtime_error("no line of the list, or twice in it: " + line);
    }
  }
}

bool Exceptions::Take(const std::string& name) {
  const auto found = taken_.find(name);
  if (found == taken_.end()) return false;
  found->second = true;
  return true;
}

std::vector<std::string> Exceptions::Left() const {
  std::vector<std::string> left;
  for (const auto& [name, taken] : taken_) {
    if (!taken) left.push_back(name);
  }
  return left;
}

}  // namespace amqp_sidecar::suites
