// Backoff: the range of each wait.
#include "base/backoff.h"

#include "support/catch.h"

namespace amqp_sidecar::base {
namespace {

using std::chrono::milliseconds;

TEST_CASE("waits double up to the limit, and begin anew after a reset") {
  Backoff backoff(milliseconds(100), milliseconds(1000), [] { return 0.5; });
  for (const int expected : {50, 100, 200, 400, 500, 500, 500}) {
    CHECK(backoff.Next() == milliseconds(expected));
  }
  backoff.Reset();
  CHECK(backoff.Next() == milliseconds(50));
}

TEST_CASE("a wait is anything from nothing to its ceiling") {
  double random = 0.0;
  Backoff backoff(milliseconds(100), milliseconds(100), [&] { return random; });
  CHECK(backoff.Next() == milliseconds(0));
  random = 0.999;
  CHECK(backoff.Next() < milliseconds(100));
  CHECK(backoff.Next() > milliseconds(99));
}

TEST_CASE("waiting does not overflow, however often and however long") {
  Backoff backoff(milliseconds(1), Duration::max(), [] { return 0.5; });
  for (int i = 0; i < 200; ++i) CHECK(backoff.Next() > Duration::zero());
}

}  // namespace
}  // namespace amqp_sidecar::base
