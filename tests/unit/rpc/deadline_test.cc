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
  CHECK(AnswerBy(kWall + seconds(2), kWall, kNow) == kNow + milliseconds(1950));
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
