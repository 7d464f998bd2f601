// RetryPlan: what becomes of a delivery that failed, by its subscription's retry policy. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "base/clock.h"
#include "broker/types.h"

namespace amqp_sidecar::broker {

// How a delivery failed.
enum class FailedBy {
  kReject,       // its consumer can never process it
  kNack,         // its consumer could not now
  kAckDeadline,  // its consumer took too long
  kRedelivery,   // it was lost with its consumers too often
  kInvalid,      // its body is at fault: no consumer saw it
};
// As the header x-sidecar-dead-by has it: "reject".
std::string_view FailedByName(FailedBy by);

struct FailedDelivery {
  FailedBy by = FailedBy::kNack;
  uint32_t attempt = 1;
  // What a nack asks for.
  std::optional<base::Duration> delay = std::nullopt;
  // Of one that is kInvalid: moved by the sidecar in any case; else it is as if rejected.
  bool dead_letter = false;
  // Of one that is kNack: its consumer had not begun the work.
  bool not_attempted = false;
};

struct Fate {
  enum class Kind {
    kRequeue,     // at once, by basic.nack
    kReject,      // by basic.reject: to the queue's own dead-letter exchange, or nowhere
    kWait,        // the sidecar moves it to a wait queue
    kDeadLetter,  // the sidecar moves it to the policy's exchange, or to "<queue>.dead"
  };
  Kind kind = Kind::kRequeue;
  base::Duration delay{};  // of kWait; rounded
  bool operator==(const Fate&) const = default;
};

// `has_exchange_of_its_own`: whether the topology that the sidecar knows gives the queue a
// dead-letter exchange. AMQP cannot be asked.
Fate PlanRetry(const std::optional<RetryPolicy>& policy, const FailedDelivery& failed,
               absl::FunctionRef<bool()> has_exchange_of_its_own);

// Whole milliseconds, up to the next of two significant digits, so that there are few: 1234 ms
// become 1300 ms.
base::Duration RoundDelay(base::Duration delay);

}  // namespace amqp_sidecar::broker
