#include "broker/retry_plan.h"

#include <chrono>
#include <optional>

#include "support/catch.h"

namespace amqp_sidecar::broker {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Kind = Fate::Kind;

constexpr auto kHasExchange = [] { return true; };
constexpr auto kHasNone = [] { return false; };

RetryPolicy Policy(uint32_t max_attempts) {
  RetryPolicy policy;
  policy.max_attempts = max_attempts;
  policy.initial_backoff = milliseconds(100);
  policy.max_backoff = seconds(1);
  return policy;
}

FailedDelivery Nacked(uint32_t attempt, std::optional<base::Duration> delay = std::nullopt) {
  return {FailedBy::kNack, attempt, delay};
}

TEST_CASE("without a policy a failed delivery goes back at once, or waits as it is told") {
  CHECK(PlanRetry(std::nullopt, Nacked(7), kHasNone) == Fate{Kind::kRequeue});
  CHECK(PlanRetry(std::nullopt, {FailedBy::kAckDeadline, 1, std::nullopt}, kHasNone) ==
        Fate{Kind::kRequeue});
  CHECK(PlanRetry(std::nullopt, Nacked(7, seconds(2)), kHasNone) == Fate{Kind::kWait, seconds(2)});
}

TEST_CASE("the wait doubles with every attempt, up to the longest") {
  const RetryPolicy policy = Policy(0);
  const int expected[] = {100, 200, 400, 800, 1000, 1000};
  for (uint32_t attempt = 1; attempt <= 6; ++attempt) {
    CHECK(PlanRetry(policy, Nacked(attempt), kHasNone) ==
          Fate{Kind::kWait, milliseconds(expected[attempt - 1])});
  }
  CHECK(PlanRetry(policy, Nacked(4'000'000'000), kHasNone) == Fate{Kind::kWait, seconds(1)});
}

TEST_CASE("a nack's own delay goes before the policy's, and does not save from the last attempt") {
  CHECK(PlanRetry(Policy(3), Nacked(2, milliseconds(70)), kHasNone) ==
        Fate{Kind::kWait, milliseconds(70)});
  CHECK(PlanRetry(Policy(3), Nacked(3, milliseconds(70)), kHasNone) == Fate{Kind::kDeadLetter});
}

TEST_CASE(
    "what was not attempted goes back at once, by whatever policy, also after the last attempt") {
  FailedDelivery released = Nacked(3);
  released.not_attempted = true;
  CHECK(PlanRetry(std::nullopt, released, kHasNone) == Fate{Kind::kRequeue});
  CHECK(PlanRetry(Policy(0), released, kHasNone) == Fate{Kind::kRequeue});
  CHECK(PlanRetry(Policy(3), released, kHasExchange) == Fate{Kind::kRequeue});
}

TEST_CASE("after the last attempt: the policy's exchange, the queue's own, <queue>.dead") {
  RetryPolicy policy = Policy(3);
  for (const FailedBy by : {FailedBy::kNack, FailedBy::kAckDeadline, FailedBy::kRedelivery}) {
    const FailedDelivery last{by, 3, std::nullopt};
    policy.dead_letter_exchange = "dlx";
    CHECK(PlanRetry(policy, last, kHasExchange) == Fate{Kind::kDeadLetter});
    policy.dead_letter_exchange = "";
    CHECK(PlanRetry(policy, last, kHasExchange) == Fate{Kind::kReject});
    CHECK(PlanRetry(policy, last, kHasNone) == Fate{Kind::kDeadLetter});
  }
}

TEST_CASE("a reject goes to the policy's exchange, or is the broker's to deal with") {
  const FailedDelivery rejected{FailedBy::kReject, 1, std::nullopt};
  CHECK(PlanRetry(std::nullopt, rejected, kHasNone) == Fate{Kind::kReject});
  RetryPolicy policy = Policy(3);
  CHECK(PlanRetry(policy, rejected, kHasNone) == Fate{Kind::kReject});
  policy.dead_letter_exchange = "dlx";
  CHECK(PlanRetry(policy, rejected, kHasExchange) == Fate{Kind::kDeadLetter});
}

TEST_CASE("an invalid one is dead-lettered by the sidecar, or goes the way of a rejected one") {
  FailedDelivery invalid{FailedBy::kInvalid, 1};
  RetryPolicy policy = Policy(3);
  CHECK(PlanRetry(std::nullopt, invalid, kHasExchange) == Fate{Kind::kReject});
  CHECK(PlanRetry(policy, invalid, kHasNone) == Fate{Kind::kReject});
  invalid.dead_letter = true;
  CHECK(PlanRetry(std::nullopt, invalid, kHasExchange) == Fate{Kind::kDeadLetter});
  CHECK(PlanRetry(std::nullopt, invalid, kHasNone) == Fate{Kind::kDeadLetter});
  policy.dead_letter_exchange = "dlx";
  CHECK(PlanRetry(policy, invalid, kHasExchange) == Fate{Kind::kDeadLetter});
  invalid.dead_letter = false;
  CHECK(PlanRetry(policy, invalid, kHasExchange) == Fate{Kind::kDeadLetter});
  CHECK(FailedByName(FailedBy::kInvalid) == "invalid");
}

TEST_CASE("delays are rounded up to two significant digits of milliseconds") {
  CHECK(RoundDelay(milliseconds(10)) == milliseconds(10));
  CHECK(RoundDelay(microseconds(10'001)) == milliseconds(11));
  CHECK(RoundDelay(milliseconds(99)) == milliseconds(99));
  CHECK(RoundDelay(milliseconds(100)) == milliseconds(100));
  CHECK(RoundDelay(milliseconds(101)) == milliseconds(110));
  CHECK(RoundDelay(milliseconds(995)) == milliseconds(1000));
  CHECK(RoundDelay(milliseconds(1234)) == milliseconds(1300));
  CHECK(RoundDelay(hours(24)) == milliseconds(87'000'000));
}

}  // namespace
}  // namespace amqp_sidecar::broker
