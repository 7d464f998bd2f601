#include "rpc/socket_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"

namespace amqp_sidecar::rpc {
namespace {

constexpr mode_t kSocketMode = 0660;
constexpr mode_t kFolderMode = 0750;
constexpr auto kLockWait = std::chrono::seconds(2);
constexpr auto kLockPause = std::chrono::milliseconds(20);

absl::Status Failure(const std::string& path, const std::string& what, int error) {
  return absl::FailedPreconditionError(absl::StrCat(path, ": ", what, ": ", std::strerror(error)));
}

sockaddr_un ToSockaddr(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

// 0 where a process answers on `path`, else the error of connect(2). A backlog that is full is an
// answer, too.
int Probe(const std::string& path) {
  const base::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return errno;
  const sockaddr_un address = ToSockaddr(path);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) {
    return 0;
  }
  return errno == EAGAIN ? 0 : errno;
}

// OK where nothing is at `path`, or a socket that nobody answers on.
absl::Status CheckFree(const std::string& path) {
  struct stat info = {};
  if (::lstat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return absl::OkStatus();
    return Failure(path, "cannot be looked at", errno);
  }
  if (!S_ISSOCK(info.st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat(path, " is there and is not a socket"));
  }
  const int error = Probe(path);
  if (error == 0) {
    return absl::FailedPreconditionError(absl::StrCat(path, " is in use by a running process"));
  }
  if (error == ECONNREFUSED || error == ENOENT) return absl::OkStatus();
  return Failure(path, "cannot tell whether it is in use", error);
}

// As long as `path`, so that one that fits in an address still does, and beside it.
std::string BindPath(std::string path) {
  const size_t name = path.rfind('/') + 1;  // npos + 1 is 0
  path[name] = path[name] == '~' ? '+' : '~';
  return path;
}

}  // namespace

SocketFile::SocketFile(std::string path) : path_(std::move(path)), bind_path_(BindPath(path_)) {}

absl::StatusOr<SocketFile> SocketFile::Prepare(const std::string& path) {
  if (absl::Status status = CheckFree(path); !status.ok()) return status;
  SocketFile file(path);
  // What a sidecar that was killed just here left behind.
  if (absl::Status status = CheckFree(file.bind_path_); !status.ok()) return status;
  ::unlink(file.bind_path_.c_str());
  return file;
}

absl::StatusOr<base::UniqueFd> SocketFile::Listen() {
  absl::StatusOr<base::UniqueFd> socket = BindAndName();
  if (!socket.ok()) ::unlink(bind_path_.c_str());
  return socket;
}

absl::StatusOr<base::UniqueFd> SocketFile::BindAndName() {
  base::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return Failure(path_, "cannot be listened on", errno);
  // Linux gives the file the mode of the socket, less the umask: never more than it is to have, and
  // afterwards no less.
  ::fchmod(fd.get(), kSocketMode);
  const sockaddr_un address = ToSockaddr(bind_path_);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return Failure(path_, "cannot be made", errno);
  }
  struct stat info = {};
  if (::chmod(bind_path_.c_str(), kSocketMode) != 0 || ::lstat(bind_path_.c_str(), &info) != 0) {
    return Failure(bind_path_, "cannot be given its mode", errno);
  }
  if (::listen(fd.get(), SOMAXCONN) != 0) return Failure(path_, "cannot be listened on", errno);
  if (::rename(bind_path_.c_str(), path_.c_str()) != 0) {
    return Failure(path_, "cannot be made", errno);
  }
  device_ = info.st_dev;
  inode_ = info.st_ino;
  return fd;
}

void SocketFile::Remove() const {
  struct stat info = {};
  if (::lstat(path_.c_str(), &info) != 0) return;
  if (info.st_dev == device_ && info.st_ino == inode_) ::unlink(path_.c_str());
}

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

absl::Status MakeFolder(const std::string& folder) {
  struct stat info = {};
  if (::stat(folder.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) return absl::OkStatus();
    return Failure(folder, "is not a folder", ENOTDIR);
  }
  if (const std::string parent = FolderOf(folder); parent != folder) {
    if (absl::Status status = MakeFolder(parent); !status.ok()) return status;
  }
  if (::mkdir(folder.c_str(), kFolderMode) == 0) {
    // The group that may open the socket may reach it, whatever the umask.
    if (::chmod(folder.c_str(), kFolderMode) == 0) return absl::OkStatus();
  } else if (errno == EEXIST) {
    return absl::OkStatus();
  }
  return Failure(folder, "cannot be made", errno);
}

absl::StatusOr<base::UniqueFd> LockFolder(const std::string& folder) {
  base::UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return Failure(folder, "cannot be opened", errno);
  const auto give_up = std::chrono::steady_clock::now() + kLockWait;
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return Failure(folder, "cannot be locked", errno);
    if (std::chrono::steady_clock::now() >= give_up) {
      return absl::UnavailableError(absl::StrCat(folder, " is locked by another process"));
    }
    std::this_thread::sleep_for(kLockPause);
  }
  return fd;
}

}  // namespace amqp_sidecar::rpc
