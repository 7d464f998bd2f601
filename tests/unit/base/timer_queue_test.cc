// TimerQueue: what fires, in what order, and what a task may do to the queue that runs it.
#include "base/timer_queue.h"

#include <functional>
#include <string>
#include <vector>

#include "support/catch.h"

namespace amqp_sidecar::base {
namespace {

using std::chrono::seconds;

const TimePoint kStart{seconds(100)};

TEST_CASE("timers fire when they are due, in order of time and then of being set") {
  TimerQueue timers;
  std::string fired;
  timers.Add(kStart + seconds(2), [&] { fired += 'c'; });
  timers.Add(kStart + seconds(1), [&] { fired += 'a'; });
  timers.Add(kStart + seconds(1), [&] { fired += 'b'; });
  timers.Add(kStart + seconds(3), [&] { fired += 'd'; });
  CHECK(timers.NextDue() == kStart + seconds(1));
  timers.RunDue(kStart);
  CHECK(fired.empty());
  timers.RunDue(kStart + seconds(2));
  CHECK(fired == "abc");
  CHECK(timers.NextDue() == kStart + seconds(3));
  timers.RunDue(kStart + seconds(3));
  CHECK(fired == "abcd");
  CHECK(timers.NextDue() == kNever);
  CHECK(timers.size() == 0);
}

TEST_CASE("a cancelled timer does not fire, and cancelling what has fired is no error") {
  TimerQueue timers;
  int fired = 0;
  const TimerId gone = timers.Add(kStart, [&] { ++fired; });
  const TimerId stays = timers.Add(kStart, [&] { ++fired; });
  timers.Cancel(gone);
  timers.RunDue(kStart);
  CHECK(fired == 1);
  timers.Cancel(stays);
  timers.Cancel(0);
  timers.Cancel(12345);
}

TEST_CASE("a task may cancel a timer that is due in the same run, before or behind its own") {
  TimerQueue timers;
  std::string fired;
  TimerId second = 0;
  TimerId third = 0;
  timers.Add(kStart, [&] {
    fired += '1';
    timers.Cancel(second);
  });
  second = timers.Add(kStart, [&] { fired += '2'; });
  third = timers.Add(kStart + seconds(1), [&] {
    fired += '3';
    timers.Cancel(third);  // itself
  });
  timers.RunDue(kStart + seconds(5));
  CHECK(fired == "13");
}

TEST_CASE("a timer that a task adds runs in a later call, even where it is due already") {
  TimerQueue timers;
  int fired = 0;
  std::function<void()> again = [&] {
    ++fired;
    timers.Add(kStart, again);
  };
  timers.Add(kStart, again);
  timers.RunDue(kStart);
  CHECK(fired == 1);
  timers.RunDue(kStart);
  CHECK(fired == 2);
}

}  // namespace
}  // namespace amqp_sidecar::base
