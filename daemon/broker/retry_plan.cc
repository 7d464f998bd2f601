#include "broker/retry_plan.h"

#include <algorithm>
#include <chrono>

#include "base/planted.h"

namespace amqp_sidecar::broker {
namespace {

base::Duration Backoff(const RetryPolicy& policy, uint32_t attempt) {
  base::Duration wait = policy.initial_backoff;
  for (uint32_t i = 1; i < attempt && wait < policy.max_backoff; ++i) wait *= 2;
  return std::min(wait, policy.max_backoff);
}

bool IsLast(const std::optional<RetryPolicy>& policy, const FailedDelivery& failed) {
  return policy && policy->max_attempts > 0 && failed.attempt >= policy->max_attempts;
}

}  // namespace

std::string_view FailedByName(FailedBy by) {
  switch (by) {
    case FailedBy::kReject:
      return "reject";
    case FailedBy::kNack:
      return "nack";
    case FailedBy::kAckDeadline:
      return "ack_deadline";
    case FailedBy::kRedelivery:
      return "redelivery";
    case FailedBy::kInvalid:
      return "invalid";
  }
  return "";
}

Fate PlanRetry(const std::optional<RetryPolicy>& policy, const FailedDelivery& failed,
               absl::FunctionRef<bool()> has_exchange_of_its_own) {
  if (failed.not_attempted) return {};
  if (failed.dead_letter) return {Fate::Kind::kDeadLetter};
  const bool rejected = failed.by == FailedBy::kReject || failed.by == FailedBy::kInvalid;
  if (rejected || IsLast(policy, failed)) {
    if (policy && !policy->dead_letter_exchange.empty()) return {Fate::Kind::kDeadLetter};
    if (rejected || has_exchange_of_its_own()) return {Fate::Kind::kReject};
    return {Fate::Kind::kDeadLetter};
  }
  if (failed.delay) return {Fate::Kind::kWait, RoundDelay(*failed.delay)};
  if (policy) return {Fate::Kind::kWait, RoundDelay(Backoff(*policy, failed.attempt))};
  return {};
}

base::Duration RoundDelay(base::Duration delay) {
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(delay).count();
  int64_t step = 1;
  while (milliseconds / step >= 100) step *= 10;
  const int64_t up = base::Planted(base::PlantedBug::kWaitRoundedDown) ? 0 : step - 1;
  return std::chrono::milliseconds((milliseconds + up) / step * step);
}

}  // namespace amqp_sidecar::broker
