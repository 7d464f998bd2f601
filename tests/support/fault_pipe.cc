#include "support/fault_pipe.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace amqp_sidecar::test {
namespace {

// What a pipe holds back at most: beyond it the sender meets a full window, as on a real wire.
constexpr size_t kMaxHeld = 1 << 20;
// Sends in one turn at most, so that one-byte segments of one connection do not starve another.
constexpr int kMaxSends = 256;
// With a rate, what may go at once: a hundredth of a second's worth, but a byte at least.
constexpr size_t kTurnsPerSecond = 100;

}  // namespace

bool FaultPipe::WantsToRead(const Faults& faults) const {
  return !ended_ && faults.hole != Hole::kStopReading && held_ < kMaxHeld;
}

bool FaultPipe::WantsToWrite(const Faults& faults, Clock::time_point now) const {
  if (faults.hole != Hole::kNone || chunks_.empty()) return false;
  return chunks_.front().due <= now && rate_allows_ <= now;
}

std::optional<FaultPipe::Clock::time_point> FaultPipe::NextDue() const {
  if (chunks_.empty()) return std::nullopt;
  return std::max(chunks_.front().due, rate_allows_);
}

FaultPipe::State FaultPipe::Pump(const Faults& faults, Random& random, Clock::time_point now) {
  if (WantsToRead(faults) && !Read(faults, random, now)) return State::kEnded;
  if (!Write(faults, now)) return State::kEnded;
  if (cut_after_ && passed_ >= *cut_after_) return State::kCut;
  return ended_ && chunks_.empty() ? State::kEnded : State::kFlowing;
}

bool FaultPipe::Read(const Faults& faults, Random& random, Clock::time_point now) {
  char buffer[65536];
  const ssize_t count = recv(from_, buffer, sizeof buffer, MSG_DONTWAIT);
  if (count < 0) return errno == EAGAIN || errno == EINTR;
  if (count == 0) {
    ended_ = true;
    return true;
  }
  const auto size = static_cast<size_t>(count);
  if (faults.corrupt_at && *faults.corrupt_at >= taken_ && *faults.corrupt_at < taken_ + size) {
    char& byte = buffer[*faults.corrupt_at - taken_];
    byte = static_cast<char>(~byte);
  }
  taken_ += size;
  if (faults.hole == Hole::kDiscard) return true;
  auto due = now + faults.delay;
  if (faults.jitter.count() > 0) {
    due += std::chrono::milliseconds(
        std::uniform_int_distribution<int64_t>(0, faults.jitter.count())(random));
  }
  last_due_ = std::max(last_due_, due);
  chunks_.push_back({last_due_, std::string(buffer, size)});
  held_ += size;
  return true;
}

size_t FaultPipe::NextSize(const Faults& faults) const {
  size_t size = chunks_.front().bytes.size();
  if (faults.segment > 0) size = std::min(size, faults.segment);
  if (faults.bytes_per_second > 0) {
    size = std::min(size, std::max<size_t>(1, faults.bytes_per_second / kTurnsPerSecond));
  }
  if (cut_after_) size = std::min<uint64_t>(size, *cut_after_ - std::min(*cut_after_, passed_));
  return size;
}

bool FaultPipe::Write(const Faults& faults, Clock::time_point now) {
  for (int i = 0; i < kMaxSends && WantsToWrite(faults, now); ++i) {
    std::string& bytes = chunks_.front().bytes;
    const size_t size = NextSize(faults);
    if (size == 0) return true;
    const ssize_t count = send(to_, bytes.data(), size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    const auto sent = static_cast<size_t>(count);
    passed_ += sent;
    held_ -= sent;
    bytes.erase(0, sent);
    if (bytes.empty()) chunks_.pop_front();
    if (faults.bytes_per_second > 0) {
      rate_allows_ = std::max(rate_allows_, now) +
                     std::chrono::nanoseconds(1'000'000'000 * sent / faults.bytes_per_second);
    }
  }
  return true;
}

}  // namespace amqp_sidecar::test
