// EventLoop: tasks from other threads and their bounds, timers, deferred tasks and descriptors.
#include "base/event_loop.h"

#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/catch.h"

namespace amqp_sidecar::base {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A loop that cannot run for ever: a test that hangs fails.
void RunWithin(EventLoop& loop, Duration limit) {
  bool timed_out = false;
  const TimerId timer = loop.At(std::chrono::steady_clock::now() + limit, [&] {
    timed_out = true;
    loop.Stop();
  });
  loop.Run();
  loop.Cancel(timer);
  CHECK_FALSE(timed_out);
}

TEST_CASE("tasks from other threads run on the loop's thread, each thread's in order") {
  EventLoop loop;
  constexpr int kThreads = 4;
  constexpr int kTasks = 2000;
  std::array<int, kThreads> next{};
  int done = 0;
  const std::thread::id here = std::this_thread::get_id();
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kTasks; ++i) {
        const bool taken = loop.Post(
            [&, t, i] {
              CHECK(std::this_thread::get_id() == here);
              CHECK(next[static_cast<size_t>(t)]++ == i);
              if (++done == kThreads * kTasks) loop.Stop();
            },
            0);
        if (!taken) std::abort();
      }
    });
  }
  RunWithin(loop, seconds(10));
  for (std::thread& thread : threads) thread.join();
  CHECK(done == kThreads * kTasks);
}

TEST_CASE("a loop takes so many tasks and so many bytes, and no more") {
  EventLoop loop({.max_posted_tasks = 3, .max_posted_bytes = 100});
  SECTION("tasks") {
    for (int i = 0; i < 3; ++i) CHECK(loop.Post([] {}, 0));
    CHECK_FALSE(loop.Post([] {}, 0));
  }
  SECTION("bytes") {
    CHECK(loop.Post([] {}, 100));
    CHECK_FALSE(loop.Post([] {}, 1));
    CHECK(loop.Post([] {}, 0));
  }
  SECTION("one that is over the limit alone, where nothing else waits") {
    CHECK(loop.Post([] {}, 1000));
    CHECK_FALSE(loop.Post([] {}, 1));
  }
}

TEST_CASE("what was run makes room again") {
  EventLoop loop({.max_posted_tasks = 1, .max_posted_bytes = 10});
  int runs = 0;
  REQUIRE(loop.Post(
      [&] {
        ++runs;
        CHECK(loop.Post(
            [&] {
              ++runs;
              loop.Stop();
            },
            10));
      },
      10));
  RunWithin(loop, seconds(10));
  CHECK(runs == 2);
}

TEST_CASE(
    "a loop that has stopped takes no task, and destroys those that wait without running them") {
  EventLoop loop;
  loop.Stop();
  CHECK_FALSE(loop.Post([] { FAIL("it ran"); }, 0));

  auto held = std::make_shared<int>(1);
  EventLoop other;
  REQUIRE(other.Post([&] { other.Stop(); }, 0));
  REQUIRE(other.Post([&, held] { CHECK(other.Post([held] { FAIL("it ran"); }, 0) == false); }, 0));
  RunWithin(other, seconds(10));
  CHECK(held.use_count() == 1);
}

TEST_CASE("timers fire no sooner than they are due") {
  EventLoop loop;
  const TimePoint start = std::chrono::steady_clock::now();
  TimePoint fired;
  loop.At(start + milliseconds(20), [&] {
    fired = loop.Now();
    loop.Stop();
  });
  RunWithin(loop, seconds(10));
  CHECK(fired >= start + milliseconds(20));
}

TEST_CASE(
    "a deferred task runs in the turn that defers it, one that it defers in the next, at once") {
  EventLoop loop;
  std::string order;
  REQUIRE(loop.Post(
      [&] {
        loop.Defer([&] {
          order += 'b';
          loop.Defer([&] {
            order += 'c';
            loop.Stop();
          });
        });
        order += 'a';
      },
      0));
  RunWithin(loop, seconds(10));
  CHECK(order == "abc");
}

TEST_CASE("a descriptor is watched until it is not, and for what was said last") {
  EventLoop loop;
  std::array<int, 2> fds;
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.data()) == 0);
  const UniqueFd a(fds[0]);
  const UniqueFd b(fds[1]);
  int writable = 0;
  std::string read;
  loop.Watch(a.get(), EPOLLOUT, [&](uint32_t events) {
    if ((events & EPOLLOUT) != 0) {
      ++writable;
      loop.Rewatch(a.get(), EPOLLIN);
      REQUIRE(::write(b.get(), "x", 1) == 1);
      return;
    }
    char byte = 0;
    REQUIRE(::read(a.get(), &byte, 1) == 1);
    read += byte;
    loop.Unwatch(a.get());
    REQUIRE(::write(b.get(), "y", 1) == 1);
    loop.After(milliseconds(20), [&] { loop.Stop(); });
  });
  RunWithin(loop, seconds(10));
  CHECK(writable == 1);
  CHECK(read == "x");
}

TEST_CASE("a callback may end the watching of another descriptor that is ready in the same turn") {
  EventLoop loop;
  const UniqueFd a(::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
  const UniqueFd b(::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
  int calls = 0;
  const auto once = [&](uint32_t) {
    ++calls;
    loop.Unwatch(a.get());
    loop.Unwatch(b.get());
    loop.After(milliseconds(10), [&] { loop.Stop(); });
  };
  loop.Watch(a.get(), EPOLLIN, once);
  loop.Watch(b.get(), EPOLLIN, once);
  RunWithin(loop, seconds(10));
  CHECK(calls == 1);
}

TEST_CASE("a loop that waits is not stalled, one that is at a piece of work for long is") {
  EventLoop loop;
  std::atomic<bool> go_on = false;
  std::thread runner([&] { loop.Run(); });
  const auto eventually = [](const auto& predicate) {
    const TimePoint give_up = std::chrono::steady_clock::now() + seconds(10);
    while (!predicate() && std::chrono::steady_clock::now() < give_up) std::this_thread::yield();
    return predicate();
  };
  CHECK(eventually([&] { return loop.Stalled() < milliseconds(20); }));
  REQUIRE(loop.Post(
      [&] {
        while (!go_on) std::this_thread::yield();
      },
      0));
  CHECK(eventually([&] { return loop.Stalled() >= milliseconds(200); }));
  REQUIRE(loop.Post([] {}, 0));
  CHECK(loop.posted_tasks() >= 1);
  go_on = true;
  CHECK(eventually([&] { return loop.Stalled() < milliseconds(100); }));
  loop.Stop();
  runner.join();
}

TEST_CASE("a loop that does not run shows as stalled from the second look on") {
  EventLoop loop;
  CHECK(loop.Stalled() < seconds(1));
  const TimePoint start = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - start < milliseconds(50)) std::this_thread::yield();
  CHECK(loop.Stalled() >= milliseconds(40));
}

}  // namespace
}  // namespace amqp_sidecar::base
