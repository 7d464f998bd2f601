#include "rpc/socket_check.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "base/unique_fd.h"
#include "server_fixture.h"
#include "support/catch.h"

namespace amqp_sidecar::rpc {
namespace {

using std::chrono::seconds;

SocketFinding Look(const std::string& address) {
  return CheckSocket(address, std::chrono::steady_clock::now() + seconds(2));
}

void CheckFault(const std::string& address, const std::string& found,
                const std::string& advice = "") {
  const Check check = Look(address).check;
  INFO(CheckText(check));
  CHECK(check.name == "socket");
  CHECK(check.verdict == Verdict::kFail);
  CHECK_THAT(check.found, ContainsSubstring(found));
  CHECK_FALSE(check.advice.empty());
  if (!advice.empty()) CHECK_THAT(check.advice, ContainsSubstring(advice));
}

// A socket at `path`; with a backlog below 0 nobody listens.
base::UniqueFd Bind(const std::string& path, int backlog) {
  base::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  if (backlog >= 0) REQUIRE(::listen(fd.get(), backlog) == 0);
  return fd;
}

TEST_CASE("a socket that is listened on is well, with its mode, its owner and who listens") {
  const TempFolder folder;
  const std::string path = folder / "s.sock";
  const base::UniqueFd listener = Bind(path, 5);
  REQUIRE(::chmod(path.c_str(), 0660) == 0);
  const SocketFinding finding = Look("unix://" + path);
  INFO(CheckText(finding.check));
  CHECK(finding.check.verdict == Verdict::kOk);
  CHECK_THAT(finding.check.found, ContainsSubstring("mode 0660, of "));
  CHECK_THAT(finding.check.found, ContainsSubstring("process " + std::to_string(::getpid())));
  CHECK(finding.peer == ::getpid());
}

TEST_CASE("a socket that is not there is told, and which folder is missing") {
  const TempFolder folder;
  CheckFault("unix://" + folder / "none.sock", "none.sock: No such file", "start the sidecar");
  CheckFault("unix://" + folder / "a/b/none.sock", "the folder " + folder / "a" + ": No such file");
  std::ofstream(folder / "file") << "text";
  CheckFault("unix://" + folder / "file/none.sock", folder / "file" + " is not a folder");
  CheckFault("unix://" + folder / "file", "is not a socket", "--address");
}

TEST_CASE("a socket that nobody listens on is stale") {
  const TempFolder folder;
  const std::string path = folder / "s.sock";
  {
    const base::UniqueFd bound = Bind(path, -1);
  }
  CheckFault("unix://" + path, "is stale", "takes it over");
}

TEST_CASE("a socket whose queue of connections is full is told at once") {
  const TempFolder folder;
  const std::string path = folder / "s.sock";
  const base::UniqueFd listener = Bind(path, 0);
  REQUIRE(Look("unix://" + path).check.verdict == Verdict::kOk);
  CheckFault("unix://" + path, "its queue of connections is full", "stuck");
}

// In a process in this folder that runs as nobody, where this one may become it: to root nothing is
// forbidden. The folders above may be closed to nobody, so the paths are relative.
template <typename Test>
bool AsNobody(const TempFolder& folder, Test test) {
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr uid_t kNobody = 65534;
    if (::chdir((folder / "").c_str()) != 0) ::_exit(2);
    if (::geteuid() == 0 && (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0)) ::_exit(3);
    ::_exit(test() ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool IsNotAllowed(const std::string& address, const std::string& what) {
  const Check check = Look(address).check;
  return check.verdict == Verdict::kFail && check.found.find(what) != std::string::npos &&
         check.found.find("is not for ") != std::string::npos &&
         check.advice.find("group") != std::string::npos;
}

TEST_CASE("a socket or folder that is for others says who they are") {
  const TempFolder folder;
  REQUIRE(::chmod((folder / "").c_str(), 0755) == 0);
  const std::string path = folder / "s.sock";
  const base::UniqueFd listener = Bind(path, 50);
  REQUIRE(::chmod(path.c_str(), 0) == 0);
  CHECK(AsNobody(folder, [] { return IsNotAllowed("unix:s.sock", "s.sock (mode 0000, of "); }));
  REQUIRE(::chmod(path.c_str(), 0666) == 0);
  CHECK(AsNobody(folder, [] { return Look("unix:s.sock").check.verdict == Verdict::kOk; }));
  REQUIRE(::mkdir((folder / "closed").c_str(), 0) == 0);
  CHECK(AsNobody(folder, [] {
    return IsNotAllowed("unix:closed/s.sock", "the folder closed (mode 0000, of ");
  }));
}

TEST_CASE("a TCP address is well where somebody listens on it") {
  ServerFixture fixture;
  const std::string address = fixture.Start().addresses().back();
  REQUIRE_FALSE(address.starts_with("unix"));
  CHECK(Look(address).check.verdict == Verdict::kOk);
  CheckFault("127.0.0.1:1", "Connection refused");
  CheckFault("example.org:7672", "is not a loopback address");
  CheckFault("nonsense", "neither unix:///PATH nor HOST:PORT");
}

TEST_CASE("a process that is stopped is seen to be") {
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  CHECK_FALSE(IsStopped(child));
  ::kill(child, SIGSTOP);
  CHECK(Eventually(seconds(5), [&] { return IsStopped(child); }));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  CHECK_FALSE(IsStopped(0));
  CHECK_FALSE(IsStopped(child));
}

}  // namespace
}  // namespace amqp_sidecar::rpc
