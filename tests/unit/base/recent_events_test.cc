#include "base/recent_events.h"

#include <string>

#include "support/catch.h"

namespace amqp_sidecar::base {
namespace {

Event Of(const std::string& what, const std::string& detail = "") {
  Event event;
  event.what = what;
  event.detail = detail;
  return event;
}

TEST_CASE("the same sentence in a row is one event, with the last one's detail") {
  RecentEvents events;
  events.Add(Of("connected"));
  events.Add(Of("interrupted", "queue=a"));
  events.Add(Of("interrupted", "queue=b"));
  events.Add(Of("connected"));
  const std::vector<Event> all = events.List();
  REQUIRE(all.size() == 3);
  CHECK(all[1].count == 2);
  CHECK(all[1].detail == "queue=b");
  CHECK(all[2].what == "connected");
}

TEST_CASE("the oldest events make room") {
  RecentEvents events;
  for (size_t i = 0; i < RecentEvents::kMost + 5; ++i) events.Add(Of(std::to_string(i)));
  const std::vector<Event> all = events.List();
  REQUIRE(all.size() == RecentEvents::kMost);
  CHECK(all.front().what == "5");
}

}  // namespace
}  // namespace amqp_sidecar::base
