#include "rpc/deadline.h"

#include "support/catch.h"

namespace amqp_sidecar::rpc {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

const base::TimePoint kNow = base::TimePoint{} + hours(3);

TEST_CASE("a call without a deadline is answered within five seconds") {
  CHECK(AnswerBy(std::nullopt, kNow) == kNow + seconds(5));
}

TEST_CASE("a call is answered fifty milliseconds before its deadline") {
  CHECK(AnswerBy(seconds(1), kNow) == kNow + milliseconds(949));
}

// Told to the sidecar is a time of three digits, rounded up: with fifty milliseconds alone, every
// call of 20 s that was 60 ms under way heard of its own deadline before it heard the reason.
TEST_CASE("a deadline is not believed beyond the digits with which it travels") {
  CHECK(AnswerBy(seconds(2), kNow) == kNow + milliseconds(1940));
  CHECK(AnswerBy(seconds(20), kNow) == kNow + milliseconds(19'850));
  CHECK(AnswerBy(seconds(200), kNow) == kNow + milliseconds(198'950));
}

TEST_CASE("a call with little time left is answered a tenth of it early") {
  CHECK(AnswerBy(milliseconds(100), kNow) == kNow + milliseconds(90));
}

TEST_CASE("no deadline is further away than an hour") {
  CHECK(AnswerBy(hours(30), kNow) == kNow + hours(1));
}

TEST_CASE("a deadline that has passed is none to answer by") {
  CHECK_FALSE(AnswerBy(seconds(0), kNow));
  CHECK_FALSE(AnswerBy(seconds(-1), kNow));
}

TEST_CASE("the time that is left is counted on the clock of the deadline") {
  const auto in = [](int64_t seconds_from_now) {
    return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                        gpr_time_from_seconds(seconds_from_now, GPR_TIMESPAN));
  };
  CHECK_FALSE(TimeLeft(gpr_inf_future(GPR_CLOCK_MONOTONIC)));
  CHECK(*TimeLeft(in(100)) <= seconds(100));
  CHECK(*TimeLeft(in(100)) > seconds(60));
  CHECK(*TimeLeft(in(-100)) < seconds(0));
  CHECK(*TimeLeft(in(1'000'000'000'000)) >= hours(1));
}

}  // namespace
}  // namespace amqp_sidecar::rpc
