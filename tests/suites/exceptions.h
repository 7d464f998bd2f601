// Exceptions: the tests of the suites that we do not pass, by name, with a reason each. One that is
// not listed may not fail; one that is may not pass, and must be there.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace amqp_sidecar::suites {

// "draft | file | group | test", as a line of the list begins.
std::string TestName(const std::string& draft, const std::string& file, const std::string& group,
                     const std::string& test);

class Exceptions {
 public:
  // Lines of "draft | file | group | test | reason"; a test of * is the whole group, whose schema
  // is refused. Only those of `draft`. Throws std::runtime_error.
  Exceptions(const std::filesystem::path& list, const std::string& draft);

  // Whether it is listed, which is noted.
  bool Take(const std::string& name);
  // Those that nobody took.
  std::vector<std::string> Left() const;
  size_t size() const { return taken_.size(); }

 private:
  std::map<std::string, bool> taken_;
};

}  // namespace amqp_sidecar::suites
