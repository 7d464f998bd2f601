// Progress: the client's own account of one piece of publishing, kept alike for every path: which
// message went out when, and when its answer had been read. One thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace amqp_sidecar::bench {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

// What to publish: persistent JSON to the default exchange. Ends after `messages`, or nothing new
// goes out after `lasts`, whichever is first.
struct Work {
  std::string queue;
  std::string body;
  size_t window = 1;  // sent and not yet answered, at most
  size_t messages = std::numeric_limits<size_t>::max();
  Clock::duration lasts = std::chrono::hours(1);
};

// What came of it. Every message was confirmed: anything else throws.
struct Tally {
  size_t messages = 0;
  Clock::time_point began;
  Seconds took{0};  // from the first message's start to the last answer
  size_t most_in_flight = 0;
  std::vector<int64_t> latencies;  // ns, in order of sending
};

class Progress {
 public:
  explicit Progress(const Work& work);

  // Whether the window has room and there is more to send.
  bool MaySend() const { return in_flight_ < window_ && more_; }
  // All is answered that was or will be sent.
  bool Done() const { return in_flight_ == 0 && !more_; }
  size_t InFlight() const { return in_flight_; }

  // The number of the next message, from 0, which is handed to the library from `now` on.
  size_t Send(Clock::time_point now);
  // Whether it was sent and has no answer yet.
  bool Waits(size_t number) const {
    return number < tally_.messages && tally_.latencies[number] < 0;
  }
  // Throws when `number` was not sent or has its answer.
  void Confirm(size_t number, Clock::time_point now);
  // All up to `number` that still wait.
  void ConfirmUpTo(size_t number, Clock::time_point now);

  Tally Finish();

 private:
  const size_t window_;
  const size_t limit_;
  const Clock::duration lasts_;
  bool more_ = true;
  size_t in_flight_ = 0;
  size_t lowest_ = 0;  // none below it waits
  Clock::time_point last_;
  // A latency is the negative time of sending until its answer is there.
  Tally tally_;
};

}  // namespace amqp_sidecar::bench
