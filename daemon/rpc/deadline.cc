#include "rpc/deadline.h"

#include <algorithm>

namespace amqp_sidecar::rpc {

namespace {

// A deadline travels as a time of three digits, rounded up: what says 20 s may be 19.9.
base::Duration RoundedUpBy(base::Duration left) {
  if (left > std::chrono::seconds(100)) return std::chrono::seconds(1);
  if (left > std::chrono::seconds(10)) return std::chrono::milliseconds(100);
  if (left > std::chrono::seconds(1)) return std::chrono::milliseconds(10);
  return std::chrono::milliseconds(1);
}

}  // namespace

std::optional<base::Duration> TimeLeft(gpr_timespec deadline) {
  if (gpr_time_cmp(deadline, gpr_inf_future(deadline.clock_type)) == 0) return std::nullopt;
  const gpr_timespec left = gpr_time_sub(deadline, gpr_now(deadline.clock_type));
  const std::chrono::seconds most = std::chrono::duration_cast<std::chrono::seconds>(kMaxCallTime);
  const std::chrono::seconds seconds(std::clamp<int64_t>(left.tv_sec, -1, most.count()));
  return seconds + std::chrono::nanoseconds(left.tv_nsec);
}

std::optional<base::TimePoint> AnswerBy(std::optional<base::Duration> left, base::TimePoint now) {
  if (!left) return now + kDefaultCallTime;
  if (*left <= base::Duration::zero()) return std::nullopt;
  if (*left >= kMaxCallTime) return now + kMaxCallTime;
  const base::Duration margin = std::chrono::milliseconds(50) + RoundedUpBy(*left);
  return now + *left - std::min(margin, *left / 10);
}

}  // namespace amqp_sidecar::rpc
