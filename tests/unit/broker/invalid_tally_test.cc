#include "broker/invalid_tally.h"

#include "support/catch.h"
#include "unit/broker/fakes.h"

namespace amqp_sidecar::broker {
namespace {

TEST_CASE("every delivery at fault is counted, whatever the log is told") {
  SubscriptionStatus status;
  status.queue = std::make_shared<const std::string>("billing");
  ManualReactor reactor;
  InvalidTally tally(reactor, 1, status);
  for (int i = 0; i < 100; ++i) tally.Add({{}, OnInvalid::kReject, "/a: missing"});
  CHECK(status.counts.invalid == 100);
}

TEST_CASE("the log may have the place of a fault and not what is there") {
  CHECK(PlaceOfFault("/customer/id: required, missing") == "/customer/id");
  CHECK(PlaceOfFault("/total: 12.5 is not an integer; /name: \"Ada\" is too short") == "/total");
  CHECK(PlaceOfFault("the body is not well-formed JSON: at byte 5: ...") ==
        "the body is not well-formed JSON");
  CHECK(PlaceOfFault("the body is empty") == "the body is empty");
  CHECK(PlaceOfFault(": must be an object").empty());
  // A name that looks like the end of the place ends it sooner, never later.
  CHECK(PlaceOfFault("/a: b/c: 5 is no text") == "/a");
}

TEST_CASE("a long place is cut between characters") {
  std::string place = "/";
  for (int i = 0; i < 200; ++i) place += "\xc3\xa4";
  const std::string cut = PlaceOfFault(place + ": required, missing");
  CHECK(cut.size() <= 203);
  CHECK(cut.ends_with("\xc3\xa4..."));
}

}  // namespace
}  // namespace amqp_sidecar::broker
