// TempDir: a folder of its own for one test, gone with the object. Short enough for sockets.
#pragma once

#include <string>
#include <string_view>

namespace amqp_sidecar::test {

class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  std::string File(std::string_view name) const;
  // Writes `text` to the file `name` and returns its path. Dies when it cannot.
  std::string Write(std::string_view name, std::string_view text) const;

 private:
  std::string path_;
};

// The whole of a file; empty when there is none.
std::string ReadFile(const std::string& path);

}  // namespace amqp_sidecar::test
