#include "base/repeat_limit.h"

#include "support/catch.h"

namespace amqp_sidecar::base {
namespace {

TEST_CASE("the first is told at once, the next ones together when the time is over") {
  const TimePoint start(std::chrono::hours(1));
  RepeatLimit limit(std::chrono::seconds(10));
  CHECK(limit.idle(start));
  CHECK(limit.Add(start) == 1);
  CHECK(limit.Add(start + std::chrono::seconds(1)) == 0);
  CHECK(limit.Add(start + std::chrono::seconds(9)) == 0);
  CHECK(limit.Add(start + std::chrono::seconds(10)) == 3);
}

TEST_CASE("what is held back can be had at any time, once") {
  const TimePoint start(std::chrono::hours(1));
  RepeatLimit limit(std::chrono::seconds(10));
  limit.Add(start);
  limit.Add(start);
  CHECK(!limit.idle(start + std::chrono::seconds(20)));
  CHECK(limit.TakeAll(start + std::chrono::seconds(5)) == 1);
  CHECK(limit.TakeAll(start + std::chrono::seconds(5)) == 0);
  // From there on the time runs anew.
  CHECK(limit.Add(start + std::chrono::seconds(12)) == 0);
  CHECK(!limit.idle(start + std::chrono::seconds(12)));
}

}  // namespace
}  // namespace amqp_sidecar::base
