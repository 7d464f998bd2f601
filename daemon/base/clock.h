// The two clocks: steady for every deadline and timer, wall for what a person reads.
#pragma once

#include <chrono>

namespace amqp_sidecar::base {

using Duration = std::chrono::steady_clock::duration;
using TimePoint = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::system_clock::time_point;

inline constexpr TimePoint kNever = TimePoint::max();

}  // namespace amqp_sidecar::base
