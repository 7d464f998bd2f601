#include "bench/progress.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace amqp_sidecar::bench {
namespace {

int64_t Nanoseconds(Clock::time_point time) {
  return std::chrono::nanoseconds(time.time_since_epoch()).count();
}

}  // namespace

Progress::Progress(const Work& work)
    : window_(work.window), limit_(work.messages), lasts_(work.lasts) {
  // Not while the clock runs.
  tally_.latencies.reserve(std::min<size_t>(limit_, 1 << 20));
}

size_t Progress::Send(Clock::time_point now) {
  if (tally_.messages == 0) tally_.began = now;
  tally_.latencies.push_back(-Nanoseconds(now));
  tally_.most_in_flight = std::max(tally_.most_in_flight, ++in_flight_);
  more_ = tally_.messages + 1 < limit_ && now - tally_.began < lasts_;
  return tally_.messages++;
}

void Progress::Confirm(size_t number, Clock::time_point now) {
  if (!Waits(number)) throw std::runtime_error("an answer to nothing that was asked");
  tally_.latencies[number] += Nanoseconds(now);
  --in_flight_;
  last_ = now;
}

void Progress::ConfirmUpTo(size_t number, Clock::time_point now) {
  for (; lowest_ <= number; ++lowest_) {
    if (Waits(lowest_)) Confirm(lowest_, now);
  }
}

Tally Progress::Finish() {
  if (in_flight_ > 0) throw std::runtime_error("publishes without an answer");
  tally_.took = last_ - tally_.began;
  return std::move(tally_);
}

}  // namespace amqp_sidecar::bench
