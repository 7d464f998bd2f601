#include "rpc/socket_check.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/unique_fd.h"
#include "rpc/listen_address.h"

namespace amqp_sidecar::rpc {
namespace {

constexpr char kName[] = "socket";
constexpr char kStart[] =
    "start the sidecar (`amqp-sidecar run`), or name its own address: --address, or --config with "
    "its grpc.listen";

std::string UserName(uid_t user) {
  passwd entry = {};
  passwd* found = nullptr;
  std::array<char, 4096> room = {};
  ::getpwuid_r(user, &entry, room.data(), room.size(), &found);
  return found == nullptr ? absl::StrCat("user ", user) : std::string(found->pw_name);
}

std::string GroupName(gid_t group) {
  struct group entry = {};
  struct group* found = nullptr;
  std::array<char, 16384> room = {};
  ::getgrgid_r(group, &entry, room.data(), room.size(), &found);
  return found == nullptr ? absl::StrCat("group ", group) : std::string(found->gr_name);
}

// "mode 0660, of amqp-sidecar:amqp-sidecar".
std::string OwnerText(const struct stat& info) {
  std::array<char, 8> mode = {};
  std::snprintf(mode.data(), mode.size(), "%04o", static_cast<unsigned>(info.st_mode & 07777));
  return absl::StrCat("mode ", mode.data(), ", of ", UserName(info.st_uid), ":",
                      GroupName(info.st_gid));
}

std::string ProcessText(pid_t process) {
  if (process <= 0) return "a process that cannot be seen from here";
  auto name = base::ReadWholeFile(absl::StrCat("/proc/", process, "/comm"), 64);
  std::string text = absl::StrCat("process ", process);
  if (!name.ok()) return text;
  name->erase(std::find(name->begin(), name->end(), '\n'), name->end());
  return absl::StrCat(text, " (", *name, ")");
}

Check NotAllowed(const std::string& what, const struct stat& info) {
  return Fail(kName,
              absl::StrCat(what, " (", OwnerText(info), ") is not for ", UserName(::geteuid())),
              absl::StrCat("run as a user of the group ", GroupName(info.st_gid),
                           " (usermod -aG, or supplementalGroups in a pod), or give the sidecar a "
                           "folder and a group that both have"));
}

// What is wrong with one of the folders on the way, the first one first.
std::optional<Check> FoldersFault(const std::string& path) {
  for (size_t slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    const std::string folder = path.substr(0, slash);
    struct stat info = {};
    if (::stat(folder.c_str(), &info) != 0) {
      return Fail(kName, absl::StrCat("the folder ", folder, ": ", std::strerror(errno)), kStart);
    }
    if (!S_ISDIR(info.st_mode)) {
      return Fail(kName, absl::StrCat(folder, " is not a folder"), kStart);
    }
    if (::faccessat(AT_FDCWD, folder.c_str(), X_OK, AT_EACCESS) != 0) {
      return NotAllowed(absl::StrCat("the folder ", folder), info);
    }
  }
  return std::nullopt;
}

Check ConnectFault(const std::string& path, const struct stat& info, int error) {
  switch (error) {
    case ECONNREFUSED:
      return Fail(kName,
                  absl::StrCat(path, " (", OwnerText(info),
                               ") is stale: nobody listens on it, whoever made it has ended"),
                  "start the sidecar, which takes it over; where one runs that made it, its file "
                  "was replaced meanwhile: restart it");
    case EACCES:
    case EPERM:
      return NotAllowed(path, info);
    case EAGAIN:
      return Fail(kName,
                  absl::StrCat(path, ": its queue of connections is full: nobody takes them"),
                  "the sidecar is stopped, stuck, or out of descriptors: see its log and `ps`");
    default:
      return Fail(kName, absl::StrCat(path, ": ", std::strerror(error)), kStart);
  }
}

SocketFinding CheckUnix(const std::string& path) {
  if (std::optional<Check> fault = FoldersFault(path)) return {*std::move(fault)};
  struct stat info = {};
  if (::stat(path.c_str(), &info) != 0) {
    return {Fail(kName, absl::StrCat(path, ": ", std::strerror(errno)), kStart)};
  }
  if (!S_ISSOCK(info.st_mode)) {
    return {Fail(kName, absl::StrCat(path, " is there and is not a socket"),
                 "name the sidecar's own address: --address")};
  }
  const base::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (!fd ||
      ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return {ConnectFault(path, info, errno)};
  }
  ucred peer = {};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) peer.pid = 0;
  return {Ok(kName,
             absl::StrCat(path, " (", OwnerText(info), "), ", ProcessText(peer.pid), " listens")),
          peer.pid};
}

// 0 where somebody listens, else the error of connect(2).
int ConnectTcp(const ListenAddress& where, base::TimePoint deadline) {
  sockaddr_storage address = {};
  auto& v4 = reinterpret_cast<sockaddr_in&>(address);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(address);
  socklen_t size = sizeof v4;
  if (::inet_pton(AF_INET, where.host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(where.port);
  } else if (::inet_pton(AF_INET6, where.host.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(where.port);
    size = sizeof v6;
  } else {
    return EINVAL;
  }
  const base::UniqueFd fd(
      ::socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return errno;
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  pollfd waiting = {fd.get(), POLLOUT, 0};
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline - std::chrono::steady_clock::now());
  if (::poll(&waiting, 1, static_cast<int>(std::max<int64_t>(left.count(), 0))) == 0) {
    return ETIMEDOUT;
  }
  int error = 0;
  socklen_t error_size = sizeof error;
  ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &error_size);
  return error;
}

SocketFinding CheckTcp(const ListenAddress& where, base::TimePoint deadline) {
  const int error = ConnectTcp(where, deadline);
  if (error == 0) return {Ok(kName, absl::StrCat("somebody listens on ", where.ToString()))};
  return {Fail(kName, absl::StrCat(where.ToString(), ": ", std::strerror(error)), kStart)};
}

}  // namespace

SocketFinding CheckSocket(const std::string& address, base::TimePoint deadline) {
  const absl::StatusOr<ListenAddress> where = ParseListenAddress(address);
  if (!where.ok()) {
    return {Fail(kName, absl::StrCat(where.status().message()),
                 "name the sidecar's address, such as unix:///run/amqp-sidecar/sidecar.sock")};
  }
  return where->kind == ListenAddress::Kind::kUnix ? CheckUnix(where->path)
                                                   : CheckTcp(*where, deadline);
}

bool IsStopped(pid_t process) {
  if (process <= 0) return false;
  const auto text = base::ReadWholeFile(absl::StrCat("/proc/", process, "/stat"), 4096);
  if (!text.ok()) return false;
  // The name before it, in parentheses, may hold any.
  const size_t name_end = text->rfind(')');
  if (name_end == std::string::npos || name_end + 2 >= text->size()) return false;
  const char state = (*text)[name_end + 2];
  return state == 'T' || state == 't';
}

}  // namespace amqp_sidecar::rpc
