#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/strings.h"
#include "base/unique_fd.h"

namespace amqp_sidecar::base {
namespace {

absl::Status Fail(const std::string& path, const std::string& what) {
  return absl::InvalidArgumentError(Concat("cannot read ", path, ": ", what));
}

absl::StatusOr<std::string> ReadAll(const UniqueFd& file, const std::string& path,
                                    size_t max_bytes) {
  std::string text;
  char buffer[16384];
  for (;;) {
    const ssize_t count = ::read(file.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Fail(path, std::strerror(errno));
    if (count == 0) return text;
    text.append(buffer, static_cast<size_t>(count));
    if (text.size() > max_bytes) return Fail(path, Concat("over ", max_bytes, " bytes"));
  }
}

}  // namespace

absl::StatusOr<std::string> ReadWholeFile(const std::string& path, size_t max_bytes) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return Fail(path, std::strerror(errno));
  return ReadAll(file, path, max_bytes);
}

absl::StatusOr<std::string> ReadRegularFile(const std::string& path, size_t max_bytes) {
  // Does not wait for the other end of a pipe.
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return Fail(path, std::strerror(errno));
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return Fail(path, std::strerror(errno));
  if (S_ISDIR(status.st_mode)) return Fail(path, std::strerror(EISDIR));
  if (!S_ISREG(status.st_mode)) {
    return Fail(path, "not a regular file, and it must be one: it is read again later");
  }
  return ReadAll(file, path, max_bytes);
}

}  // namespace amqp_sidecar::base
