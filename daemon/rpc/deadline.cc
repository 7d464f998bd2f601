#include "rpc/deadline.h"

#include <algorithm>

namespace amqp_sidecar::rpc {

std::optional<base::TimePoint> AnswerBy(base::WallTime caller_deadline, base::WallTime wall_now,
                                        base::TimePoint now) {
  if (caller_deadline == base::WallTime::max()) return now + kDefaultCallTime;
  if (caller_deadline <= wall_now) return std::nullopt;
  if (caller_deadline >= wall_now + kMaxCallTime) return now + kMaxCallTime;
  const auto left = std::chrono::duration_cast<base::Duration>(caller_deadline - wall_now);
  constexpr base::Duration kMargin = std::chrono::milliseconds(50);
  return now + left - std::min(kMargin, left / 10);
}

}  // namespace amqp_sidecar::rpc
