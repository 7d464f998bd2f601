#include "broker/publish_account.h"

#include <string>

#include "support/catch.h"
#include "unit/broker/fakes.h"

namespace amqp_sidecar::broker {
namespace {

PublishResult Failed(Reason reason) {
  PublishResult result;
  result.error = Error{reason, "why"};
  return result;
}

TEST_CASE("every publish is counted once, by how it ended") {
  ManualReactor reactor;
  PublishCounts counts;
  PublishAccount account(reactor, counts);
  PublishResult ok;
  ok.routed = true;
  account.Ended({"orders", "a"}, ok);
  account.Ended({"orders", "a"}, PublishResult{});
  for (int i = 0; i < 5; ++i) account.Ended({"orders", "a"}, Failed(Reason::kUnroutable));
  account.Ended({"orders", "a"}, Failed(Reason::kDraining));
  CHECK(counts.confirmed == 1);
  CHECK(counts.unrouted == 1);
  CHECK(counts.of(Reason::kUnroutable) == 5);
  CHECK(counts.of(Reason::kDraining) == 1);
  CHECK(counts.of(Reason::kInvalidBody) == 0);
}

TEST_CASE("any number of kinds of failures is counted, and the account stays small") {
  ManualReactor reactor;
  PublishCounts counts;
  PublishAccount account(reactor, counts);
  for (int i = 0; i < 5'000; ++i) {
    account.Ended({"orders", std::to_string(i)}, Failed(Reason::kUnroutable));
  }
  CHECK(counts.of(Reason::kUnroutable) == 5'000);
  CHECK(account.kinds() <= PublishAccount::kMostKinds + 1);
}

TEST_CASE("what is held back waits on one timer, and on none since the end") {
  ManualReactor reactor;
  PublishCounts counts;
  PublishAccount account(reactor, counts);
  for (int i = 0; i < 5; ++i) account.Ended({"orders", "a"}, Failed(Reason::kUnroutable));
  reactor.Settle();
  CHECK(reactor.has_timers());
  account.End();
  CHECK(!reactor.has_timers());
  for (int i = 0; i < 5; ++i) account.Ended({"orders", "a"}, Failed(Reason::kUnroutable));
  reactor.Settle();
  CHECK(!reactor.has_timers());
}

}  // namespace
}  // namespace amqp_sidecar::broker
