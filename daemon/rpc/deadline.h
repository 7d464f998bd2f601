// By when a call is answered. Any thread.
#pragma once

#include <grpc/support/time.h>

#include <chrono>
#include <optional>

#include "base/clock.h"

namespace amqp_sidecar::rpc {

// Where the caller names no deadline, and the longest that one is believed.
inline constexpr base::Duration kDefaultCallTime = std::chrono::seconds(5);
inline constexpr base::Duration kMaxCallTime = std::chrono::hours(1);

// What is left until a deadline as gRPC has it, which counts it on a steady clock: wall time may
// jump between two looks. Nothing where there is no deadline.
std::optional<base::Duration> TimeLeft(gpr_timespec deadline);

// A little before the caller stops waiting (50 ms and what gRPC may have rounded the time up by, or
// a tenth of what is left where that is less), so that the reason still reaches it. Nothing where
// it has stopped already. Pure.
std::optional<base::TimePoint> AnswerBy(std::optional<base::Duration> left, base::TimePoint now);

}  // namespace amqp_sidecar::rpc
