#include "rpc/deadline.h"

#include "support/catch.h"

namespace amqp_sidecar::rpc {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

const base::WallTime kWall = base::WallTime{} + hours(400'000);
const base::TimePoint kNow = base::TimePoint{} + hours(3);

TEST_CASE("a call without a deadline is answered within five seconds") {
  CHECK(AnswerBy(base::WallTime::max(), kWall, kNow) == kNow + seconds(5));
}

TEST_CASE("a call is answered fifty milliseconds before its deadline") {
  CHECK(AnswerBy(kWall + seconds(1), kWall, kNow) == kNow + milliseconds(949));
}

// Told to the sidecar is a time of three digits, rounded up: with fifty milliseconds alone, every
// call of 20 s that was 60 ms under way heard of its own deadline before it heard the reason.
TEST_CASE("a deadline is not believed beyond the digits with which it travels") {
  CHECK(AnswerBy(kWall + seconds(2), kWall, kNow) == kNow + milliseconds(1940));
  CHECK(AnswerBy(kWall + seconds(20), kWall, kNow) == kNow + milliseconds(19'850));
  CHECK(AnswerBy(kWall + seconds(200), kWall, kNow) == kNow + milliseconds(198'950));
}

TEST_CASE("a call with little time left is answered a tenth of it early") {
  CHECK(AnswerBy(kWall + milliseconds(100), kWall, kNow) == kNow + milliseconds(90));
}

TEST_CASE("no deadline is further away than an hour") {
  CHECK(AnswerBy(kWall + hours(30), kWall, kNow) == kNow + hours(1));
}

TEST_CASE("a deadline that has passed is none to answer by") {
  CHECK_FALSE(AnswerBy(kWall, kWall, kNow));
  CHECK_FALSE(AnswerBy(kWall - seconds(1), kWall, kNow));
}

}  // namespace
}  // namespace amqp_sidecar::rpc
