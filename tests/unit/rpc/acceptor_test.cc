#include "rpc/acceptor.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <mutex>
#include <string>
#include <vector>

#include "server_fixture.h"
#include "support/catch.h"
#include "support/eventually.h"

namespace amqp_sidecar::rpc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::Eventually;
using test::Throughout;

base::UniqueFd ListenAt(const std::string& path) {
  auto file = SocketFile::Prepare(path);
  REQUIRE(file.ok());
  auto fd = file->Listen();
  REQUIRE(fd.ok());
  return *std::move(fd);
}

base::UniqueFd ConnectTo(const std::string& path) {
  base::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  REQUIRE(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  return fd;
}

// The connections that were let in, by the socket that they came by.
class Guests {
 public:
  Acceptor::Sink Sink() {
    return [this](int listener, base::UniqueFd connection) {
      const std::lock_guard lock(mutex_);
      connections_.emplace_back(listener, std::move(connection));
    };
  }
  size_t Count(int listener) const {
    const std::lock_guard lock(mutex_);
    return static_cast<size_t>(std::count_if(connections_.begin(), connections_.end(),
                                             [&](const auto& c) { return c.first == listener; }));
  }
  size_t Count() const {
    const std::lock_guard lock(mutex_);
    return connections_.size();
  }
  bool NoneBlocks() const {
    const std::lock_guard lock(mutex_);
    return std::all_of(connections_.begin(), connections_.end(), [](const auto& c) {
      return (::fcntl(c.second.get(), F_GETFL) & O_NONBLOCK) != 0;
    });
  }
  void Leave() {
    const std::lock_guard lock(mutex_);
    connections_.clear();
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::pair<int, base::UniqueFd>> connections_;
};

int LowestFree() {
  const base::UniqueFd fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  return fd.get();
}

// The soft limit on open files, for as long as this lives. Nothing is checked meanwhile where none
// is left: UndefinedBehaviorSanitizer needs descriptors of its own.
class ScopedLimit {
 public:
  explicit ScopedLimit(int limit) {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    const rlimit changed{static_cast<rlim_t>(limit), before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &changed) == 0);
  }
  ~ScopedLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  ScopedLimit(const ScopedLimit&) = delete;
  ScopedLimit& operator=(const ScopedLimit&) = delete;

 private:
  rlimit before_{};
};

TEST_CASE("clients of every socket are handed on, and none blocks") {
  const TempFolder folder;
  std::vector<base::UniqueFd> listeners;
  listeners.push_back(ListenAt(folder / "a"));
  listeners.push_back(ListenAt(folder / "b"));
  const int a = listeners[0].get();
  const int b = listeners[1].get();
  Guests guests;
  const base::UniqueFd early = ConnectTo(folder / "a");
  Acceptor acceptor(std::move(listeners), guests.Sink());
  REQUIRE(acceptor.Start().ok());
  std::vector<base::UniqueFd> clients;
  for (int i = 0; i < 100; ++i) clients.push_back(ConnectTo(folder / "b"));
  CHECK(Eventually(seconds(5), [&] { return guests.Count(a) == 1 && guests.Count(b) == 100; }));
  CHECK(guests.NoneBlocks());
}

TEST_CASE("clients wait while descriptors are short, and are let in when there is room") {
  const TempFolder folder;
  std::vector<base::UniqueFd> listeners;
  listeners.push_back(ListenAt(folder / "s"));
  std::vector<base::UniqueFd> clients;
  for (int i = 0; i < 30; ++i) clients.push_back(ConnectTo(folder / "s"));
  Guests guests;
  Acceptor acceptor(std::move(listeners), guests.Sink());
  {
    // A quarter of the limit is kept, so about ten get in.
    const int limit = (LowestFree() + 12) * 4 / 3;
    const ScopedLimit scoped(limit);
    REQUIRE(acceptor.Start().ok());
    REQUIRE(Eventually(seconds(5), [&] { return guests.Count() >= 8; }));
    CHECK(Throughout(milliseconds(300), [&] { return guests.Count() <= 12; }));
    CHECK(LowestFree() >= 0);
    CHECK(LowestFree() <= limit - limit / 4);
    guests.Leave();
    CHECK(Eventually(seconds(5), [&] { return guests.Count() >= 8; }));
  }
  const size_t before = guests.Count();
  CHECK(Eventually(seconds(5), [&] { return guests.Count() > before; }));
}

TEST_CASE("a process with no descriptor left does not stop letting clients in for good") {
  const TempFolder folder;
  std::vector<base::UniqueFd> listeners;
  listeners.push_back(ListenAt(folder / "s"));
  const base::UniqueFd client = ConnectTo(folder / "s");
  Guests guests;
  Acceptor acceptor(std::move(listeners), guests.Sink());
  bool started = false;
  bool nobody = false;
  {
    const ScopedLimit scoped(LowestFree() + 1);
    started = acceptor.Start().ok();  // takes the last one
    nobody = Throughout(milliseconds(300), [&] { return guests.Count() == 0; });
  }
  CHECK(started);
  CHECK(nobody);
  CHECK(Eventually(seconds(5), [&] { return guests.Count() == 1; }));
}

TEST_CASE("who waits when it ends is turned away") {
  const TempFolder folder;
  std::vector<base::UniqueFd> listeners;
  listeners.push_back(ListenAt(folder / "s"));
  const base::UniqueFd client = ConnectTo(folder / "s");
  Guests guests;
  Acceptor acceptor(std::move(listeners), guests.Sink());
  {
    const ScopedLimit scoped(LowestFree() + 1);
    static_cast<void>(acceptor.Start());  // takes the last one
    Throughout(milliseconds(150), [&] { return guests.Count() == 0; });
    acceptor.Stop();
    acceptor.Stop();
  }
  pollfd polled{client.get(), POLLIN, 0};
  CHECK(::poll(&polled, 1, 5000) == 1);
  char byte = 0;
  CHECK(::read(client.get(), &byte, 1) <= 0);
  CHECK(guests.Count() == 0);
}

}  // namespace
}  // namespace amqp_sidecar::rpc
