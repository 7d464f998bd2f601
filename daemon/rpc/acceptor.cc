#include "rpc/acceptor.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/log.h"

namespace amqp_sidecar::rpc {
namespace {

// How soon it is tried again where there was no room.
constexpr int kPauseMs = 100;
// At one socket, before the others have their turn.
constexpr int kMostAtOnce = 64;
// Descriptors that clients do not get: for connections to the broker and the files read for them,
// and for HTTP. Of a small limit a quarter.
constexpr rlim_t kReserved = 64;
// At the limit clients may come and go all the time: the log hears of it this often at most.
constexpr base::Duration kTellAgain = std::chrono::seconds(10);

// Whether somebody waits at this socket.
bool IsAskedFor(int listener) {
  pollfd polled{listener, POLLIN, 0};
  return ::poll(&polled, 1, 0) > 0;
}

// Why no client can be let in now; empty where one can. The lowest free descriptor, which is the
// one that `listener` would give to the next, tells how many are in use.
std::string Obstacle(int listener) {
  const base::UniqueFd lowest(::fcntl(listener, F_DUPFD_CLOEXEC, 0));
  if (!lowest) return std::strerror(errno);
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return "";
  const rlim_t reserved = std::min(kReserved, limit.rlim_cur / 4);
  if (static_cast<rlim_t>(lowest.get()) < limit.rlim_cur - reserved) return "";
  return absl::StrCat("all but ", reserved, " of ", limit.rlim_cur, " descriptors are in use");
}

}  // namespace

Acceptor::Acceptor(std::vector<base::UniqueFd> listeners, Sink sink)
    : sink_(std::move(sink)), listeners_(std::move(listeners)) {}

Acceptor::~Acceptor() { Stop(); }

absl::Status Acceptor::Start() {
  stop_.Reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stop_) return absl::ResourceExhaustedError(std::strerror(errno));
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "accept");
    Run();
  });
  return absl::OkStatus();
}

void Acceptor::Stop() {
  if (thread_.joinable()) {
    const uint64_t one = 1;
    (void)!::write(stop_.get(), &one, sizeof one);
    thread_.join();
  }
  listeners_.clear();
}

void Acceptor::Run() {
  std::vector<pollfd> polled = {{stop_.get(), POLLIN, 0}};
  for (const base::UniqueFd& listener : listeners_) polled.push_back({listener.get(), POLLIN, 0});
  bool room = true;
  for (;;) {
    // Without room the sockets are not looked at: who waits there would make this spin.
    ::poll(polled.data(), room ? polled.size() : 1, room ? -1 : kPauseMs);
    if (polled.front().revents != 0) return;
    room = true;
    for (const base::UniqueFd& listener : listeners_) room &= AcceptSome(listener.get());
  }
}

bool Acceptor::AcceptSome(int listener) {
  for (int i = 0; i < kMostAtOnce && IsAskedFor(listener); ++i) {
    std::string obstacle = Obstacle(listener);
    if (obstacle.empty()) {
      base::UniqueFd connection(
          ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (connection) {
        sink_(listener, std::move(connection));
        if (std::exchange(told_, false)) {
          base::Log(base::LogLevel::kInfo, "clients are let in again");
        }
        continue;
      }
      // This one went away again.
      if (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR) continue;
      obstacle = std::strerror(errno);
    }
    Tell(obstacle);
    return false;
  }
  return true;
}

void Acceptor::Tell(const std::string& obstacle) {
  const base::TimePoint now = std::chrono::steady_clock::now();
  if (told_ || now < tell_not_before_) return;
  told_ = true;
  tell_not_before_ = now + kTellAgain;
  base::Log(base::LogLevel::kWarn, "clients wait to be let in", {{"reason", obstacle}});
}

}  // namespace amqp_sidecar::rpc
