#include "rpc/socket_file.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "server_fixture.h"
#include "support/catch.h"

namespace amqp_sidecar::rpc {
namespace {

mode_t ModeOf(const std::string& path) {
  struct stat info = {};
  return ::lstat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
}

bool Exists(const std::string& path) {
  struct stat info = {};
  return ::lstat(path.c_str(), &info) == 0;
}

base::UniqueFd BindAt(const std::string& path) {
  base::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  return fd;
}

base::UniqueFd ListenAt(const std::string& path) {
  base::UniqueFd fd = BindAt(path);
  REQUIRE(::listen(fd.get(), 1) == 0);
  return fd;
}

TEST_CASE("a socket has mode 0660 whatever the umask, and leaves nothing behind") {
  const TempFolder folder;
  const std::string path = folder / "s.sock";
  for (const mode_t umask : {0u, 0777u}) {
    auto file = SocketFile::Prepare(path);
    REQUIRE(file.ok());
    CHECK_FALSE(Exists(path));
    const mode_t before = ::umask(umask);
    const auto fd = file->Listen();
    ::umask(before);
    REQUIRE(fd.ok());
    CHECK(ModeOf(path) == 0660);
    CHECK_FALSE(SocketFile::Prepare(path).ok());  // it is answered
    file->Remove();
    CHECK(std::filesystem::is_empty(folder / ""));
  }
}

TEST_CASE("the longest path that a socket can have will do") {
  const TempFolder folder;
  std::string path = folder / "";
  path.append(sizeof(sockaddr_un::sun_path) - 1 - path.size(), 's');
  auto file = SocketFile::Prepare(path);
  REQUIRE(file.ok());
  CHECK(file->Listen().ok());
  CHECK(Exists(path));
}

TEST_CASE("a stale socket gives way") {
  const TempFolder folder;
  const std::string path = folder / "s.sock";
  ListenAt(path);  // closed at once: the file stays
  REQUIRE(Exists(path));
  auto file = SocketFile::Prepare(path);
  REQUIRE(file.ok());
  CHECK(file->Listen().ok());
}

TEST_CASE("a socket that a process answers on is left alone") {
  const TempFolder folder;
  const std::string path = folder / "s.sock";
  const base::UniqueFd fd = ListenAt(path);
  const auto file = SocketFile::Prepare(path);
  REQUIRE_FALSE(file.ok());
  CHECK(file.status().code() == absl::StatusCode::kFailedPrecondition);
  CHECK_THAT(std::string(file.status().message()),
             ContainsSubstring("is in use by a running process"));
  CHECK(Exists(path));
}

TEST_CASE("a process whose backlog is full still has its socket") {
  const TempFolder folder;
  const std::string path = folder / "s.sock";
  const base::UniqueFd fd = BindAt(path);
  REQUIRE(::listen(fd.get(), 0) == 0);
  std::vector<base::UniqueFd> waiting;
  for (int i = 0; i < 4; ++i) {
    waiting.emplace_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    (void)::connect(waiting.back().get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  }
  CHECK_FALSE(SocketFile::Prepare(path).ok());
}

TEST_CASE("a file that is no socket is never removed") {
  const TempFolder folder;
  const std::string path = folder / "s.sock";
  std::ofstream(path) << "precious";
  const auto file = SocketFile::Prepare(path);
  REQUIRE_FALSE(file.ok());
  CHECK_THAT(std::string(file.status().message()), ContainsSubstring("not a socket"));
  CHECK(Exists(path));
}

TEST_CASE("another's socket by the same name survives our end") {
  const TempFolder folder;
  const std::string path = folder / "s.sock";
  auto file = SocketFile::Prepare(path);
  REQUIRE(file.ok());
  const auto ours = file->Listen();
  REQUIRE(ours.ok());
  const std::string other = folder / "other";
  const base::UniqueFd theirs = ListenAt(other);
  REQUIRE(::rename(other.c_str(), path.c_str()) == 0);
  file->Remove();
  CHECK(Exists(path));
}

TEST_CASE("folders are made where they are missing, for owner and group") {
  const TempFolder folder;
  const mode_t before = ::umask(0777);
  const absl::Status status = MakeFolder(folder / "a/b");
  ::umask(before);
  CHECK(status.ok());
  CHECK(ModeOf(folder / "a/b") == 0750);
  CHECK(MakeFolder(folder / "a/b").ok());
  std::ofstream(folder / "file") << "x";
  CHECK(MakeFolder(folder / "file/sub").code() == absl::StatusCode::kFailedPrecondition);
}

TEST_CASE("one sidecar at a time starts in a folder") {
  const TempFolder folder;
  REQUIRE(MakeFolder(folder / "run").ok());
  auto first = LockFolder(folder / "run");
  REQUIRE(first.ok());
  CHECK(LockFolder(folder / "run").status().code() == absl::StatusCode::kUnavailable);
  first->Reset();
  CHECK(LockFolder(folder / "run").ok());
}

}  // namespace
}  // namespace amqp_sidecar::rpc
