#include "app/history.h"

#include <atomic>
#include <string>
#include <thread>

#include "support/catch.h"
#include "support/eventually.h"

namespace amqp_sidecar::app {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const base::TimePoint kBegin{std::chrono::hours(1)};
const base::WallTime kWall{seconds(1'700'000'000)};

size_t SamplesIn(const std::string& json) {
  size_t count = 0;
  for (size_t at = json.find("[["); at != std::string::npos; at = json.find('[', at + 1)) ++count;
  return count == 0 ? 0 : count - 1;
}

std::string Samples(const std::string& json) { return json.substr(json.find("\"samples\"")); }

TEST_CASE("the history has every figure, the oldest first, by its age") {
  History::Figures figures{1, 2, 3, 4, 5, 6, 7, History::Link::kUp};
  History history([&] { return figures; });
  history.Sample(kBegin);
  figures.confirmed = 18446744073709551615u;
  figures.link = History::Link::kBlocked;
  history.Sample(kBegin + milliseconds(1004));
  CHECK(history.Json(kBegin + milliseconds(1500), kWall) ==
        R"({"now_ms":1700000000000,"fields":["age_ms","confirmed","unrouted","failed",)"
        R"("delivered","settled","in_flight","unsettled","link"],"samples":[)"
        R"([1500,1,2,3,4,5,6,7,"up"],[496,18446744073709551615,2,3,4,5,6,7,"blocked"]]})");
}

TEST_CASE("a history that has not begun has no samples") {
  const History history([] { return History::Figures{}; });
  CHECK(Samples(history.Json(kBegin, kWall)) == R"("samples":[]})");
}

TEST_CASE("the history keeps ten minutes and no more") {
  History history([] { return History::Figures{}; });
  for (int second = 0; second < 2000; ++second) history.Sample(kBegin + seconds(second));
  const std::string json = history.Json(kBegin + seconds(1999), kWall);
  CHECK(SamplesIn(json) == History::kMost);
  CHECK_THAT(Samples(json), Catch::Matchers::StartsWith(R"("samples":[[599000,)"));
}

TEST_CASE("samples that come too often do not make the history grow") {
  History history([] { return History::Figures{}; });
  for (int sample = 0; sample < 2000; ++sample) history.Sample(kBegin + milliseconds(sample));
  CHECK(SamplesIn(history.Json(kBegin + seconds(2), kWall)) == History::kMost);
}

TEST_CASE("what is older than ten minutes goes, also after a long gap") {
  History history([] { return History::Figures{}; });
  for (int second = 0; second < 100; ++second) history.Sample(kBegin + seconds(second));
  history.Sample(kBegin + seconds(650));
  const std::string json = history.Json(kBegin + seconds(650), kWall);
  // Those of the seconds 51 to 99, and the new one.
  CHECK(SamplesIn(json) == 50);
  CHECK_THAT(Samples(json), Catch::Matchers::StartsWith(R"("samples":[[599000,)"));
}

TEST_CASE("the history samples by itself, and ends at once when it is stopped") {
  std::atomic<uint64_t> asked = 0;
  History history([&] {
    History::Figures figures;
    figures.confirmed = ++asked;
    return figures;
  });
  history.Start();
  CHECK(test::Eventually(seconds(10), [&] { return asked >= 3; }));
  CHECK(SamplesIn(history.Json()) >= 2);
  const auto began = std::chrono::steady_clock::now();
  history.Stop();
  CHECK(std::chrono::steady_clock::now() - began < milliseconds(500));
}

TEST_CASE("the history is read while it is written") {
  History history([] { return History::Figures{}; });
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int second = 0; second < 1000; ++second) history.Sample(kBegin + seconds(second));
    done = true;
  });
  while (!done) CHECK(SamplesIn(history.Json(kBegin + seconds(1000), kWall)) <= History::kMost);
  writer.join();
}

}  // namespace
}  // namespace amqp_sidecar::app
