#include "base/histogram.h"

#include <array>

#include "support/catch.h"

namespace amqp_sidecar::base {
namespace {

using std::chrono::milliseconds;

constexpr std::array<double, 3> kBounds = {0.001, 0.01, 0.1};

TEST_CASE("a time falls into the range whose bound it does not exceed") {
  Histogram histogram(kBounds);
  histogram.Observe(milliseconds(1));
  histogram.Observe(milliseconds(2));
  histogram.Observe(milliseconds(100));
  histogram.Observe(milliseconds(101));
  histogram.Observe(milliseconds(5000));
  CHECK(histogram.Read().counts == std::vector<uint64_t>{1, 1, 1, 2});
  CHECK(histogram.Read().sum_seconds > 5.2039);
  CHECK(histogram.Read().sum_seconds < 5.2041);
}

TEST_CASE("a negative time counts as none") {
  Histogram histogram(kBounds);
  histogram.Observe(milliseconds(-5));
  CHECK(histogram.Read().counts == std::vector<uint64_t>{1, 0, 0, 0});
  CHECK(histogram.Read().sum_seconds == 0);
}

}  // namespace
}  // namespace amqp_sidecar::base
