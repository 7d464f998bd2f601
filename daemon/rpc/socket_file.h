// SocketFile: the file of a Unix socket: made with mode 0660 whatever the umask, never in the place
// of one that a running process answers on, and removed at the end where it is still ours. The
// thread that starts and stops the server.
//
// It is bound by another name beside the file, gets its mode, is listened on, and only then gets
// its name: nobody sees it before it is right.
#pragma once

#include <sys/stat.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/unique_fd.h"

namespace amqp_sidecar::rpc {

class SocketFile {
 public:
  // `path` is one that ParseListenAddress() took. Makes the folder where it must. Between this and
  // Listen() the folder is locked (LockFolder) by the caller. FAILED_PRECONDITION where a running
  // process has the socket, or where there is something else by that name or no right to make it.
  static absl::StatusOr<SocketFile> Prepare(const std::string& path);

  // The listening socket; it does not block. FAILED_PRECONDITION with the system's reason. Once.
  absl::StatusOr<base::UniqueFd> Listen();

  // After the server has ended. Another's file stays.
  void Remove() const;

 private:
  explicit SocketFile(std::string path);
  absl::StatusOr<base::UniqueFd> BindAndName();

  std::string path_;
  std::string bind_path_;
  // Of the file, once it has its name.
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

// The folder that `path` is in.
std::string FolderOf(const std::string& path);

// mkdir -p, mode 0750 for what is new. FAILED_PRECONDITION.
absl::Status MakeFolder(const std::string& folder);

// Holds the folder against another sidecar that starts at the same time, while the returned
// descriptor is open. Waits 2 s at most, then UNAVAILABLE.
absl::StatusOr<base::UniqueFd> LockFolder(const std::string& folder);

}  // namespace amqp_sidecar::rpc
