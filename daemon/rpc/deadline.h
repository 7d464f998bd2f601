// By when a unary call is answered. Pure, any thread.
#pragma once

#include <chrono>
#include <optional>

#include "base/clock.h"

namespace amqp_sidecar::rpc {

// Where the caller names no deadline, and the longest that one is believed.
inline constexpr base::Duration kDefaultCallTime = std::chrono::seconds(5);
inline constexpr base::Duration kMaxCallTime = std::chrono::hours(1);

// A little before the caller stops waiting (50 ms and what gRPC may have rounded the time up by, or
// a tenth of what is left where that is less), so that the reason still reaches it.
// time_point::max() is no deadline. Nothing where it has passed already.
std::optional<base::TimePoint> AnswerBy(base::WallTime caller_deadline, base::WallTime wall_now,
                                        base::TimePoint now);

}  // namespace amqp_sidecar::rpc
