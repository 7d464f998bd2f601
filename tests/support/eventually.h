// Eventually: waits for something to become true, with a deadline. Any thread.
// Not for what must stay true: see Throughout.
#pragma once

#include <chrono>
#include <thread>

namespace amqp_sidecar::test {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using Millis = std::chrono::milliseconds;

// Whether `predicate()` is true at some moment before the deadline, asked every few milliseconds
// and once more at the end.
template <typename Predicate>
bool Eventually(Millis deadline, Predicate predicate) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (std::chrono::steady_clock::now() < end) {
    if (predicate()) return true;
    std::this_thread::sleep_for(5ms);
  }
  return predicate();
}

// Whether `predicate()` stays true for all of `span`, as far as asking every few milliseconds
// tells: for "nothing more comes".
template <typename Predicate>
bool Throughout(Millis span, Predicate predicate) {
  return !Eventually(span, [&] { return !predicate(); });
}

}  // namespace amqp_sidecar::test
