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

std::optional<base::TimePoint> AnswerBy(base::WallTime caller_deadline, base::WallTime wall_now,
                                        base::TimePoint now) {
  if (caller_deadline == base::WallTime::max()) return now + kDefaultCallTime;
  if (caller_deadline <= wall_now) return std::nullopt;
  if (caller_deadline >= wall_now + kMaxCallTime) return now + kMaxCallTime;
  const auto left = std::chrono::duration_cast<base::Duration>(caller_deadline - wall_now);
  const base::Duration margin = std::chrono::milliseconds(50) + RoundedUpBy(left);
  return now + left - std::min(margin, left / 10);
}

}  // namespace amqp_sidecar::rpc
