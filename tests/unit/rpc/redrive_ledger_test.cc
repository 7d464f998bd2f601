#include "rpc/redrive_ledger.h"

#include "support/catch.h"

namespace amqp_sidecar::rpc {
namespace {

using Kept = RedriveLedger::Kept;
using Ids = std::vector<std::string>;

RedriveIdentity Identity(const std::string& message_id, const std::string& body = "{}") {
  v1::Message message;
  message.mutable_properties()->set_message_id(message_id);
  message.set_body(body);
  return IdentityOf(message);
}

TEST_CASE("messages are the same where all that would be published is") {
  v1::Message message;
  message.set_exchange("e");
  message.mutable_properties()->set_message_id("id");
  auto& headers = *message.mutable_properties()->mutable_headers();
  for (int i = 0; i < 20; ++i) headers["h" + std::to_string(i)].set_int_value(i);
  v1::Message other_order;
  other_order.set_exchange("e");
  other_order.mutable_properties()->set_message_id("id");
  auto& others = *other_order.mutable_properties()->mutable_headers();
  for (int i = 20; i-- > 0;) others["h" + std::to_string(i)].set_int_value(i);
  CHECK(IdentityOf(message).content == IdentityOf(other_order).content);
  CHECK(IdentityOf(message).message_id == "id");
  others["h3"].set_int_value(4);
  CHECK(IdentityOf(message).content != IdentityOf(other_order).content);
}

TEST_CASE("a message is acked only once it is published") {
  RedriveLedger ledger;
  const auto source = ledger.AddSource(64);
  const auto tag = ledger.Take(source, "d1", Identity("1"));
  CHECK(ledger.TakeDueAcks().empty());
  CHECK(ledger.publishing() == 1);
  ledger.Published(tag);
  CHECK(ledger.publishing() == 0);
  CHECK(ledger.owed() == 1);
  CHECK(ledger.TakeDueAcks() == Ids{"d1"});
  CHECK(ledger.TakeDueAcks().empty());
  ledger.Acked("d1");
  CHECK(ledger.owed() == 0);
  CHECK(ledger.figures().moved == 1);
}

TEST_CASE("what stays is counted by why, and is never acked") {
  RedriveLedger ledger;
  const auto source = ledger.AddSource(64);
  for (const Kept why : {Kept::kFailed, Kept::kUnknown, Kept::kLeft, Kept::kShown}) {
    ledger.Keep(ledger.Take(source, "d", Identity("1")), why);
  }
  CHECK(ledger.figures().failed == 1);
  CHECK(ledger.figures().unknown == 1);
  CHECK(ledger.figures().shown == 1);
  CHECK(ledger.held() == 4);
  CHECK(ledger.TakeDueAcks().empty());
}

TEST_CASE("nothing is taken for one that was taken before unless a subscription was interrupted") {
  RedriveLedger ledger;
  const auto source = ledger.AddSource(64);
  ledger.Take(source, "d1", Identity("1"));
  CHECK_FALSE(ledger.expects());
  CHECK_FALSE(ledger.Recognise(source, "d2", Identity("1")));
  ledger.Interrupt(source);
  CHECK(ledger.expects());
  CHECK_FALSE(ledger.Recognise(source, "d2", Identity("2")));
  CHECK_FALSE(ledger.Recognise(source, "d2", Identity("1", "[]")));
  CHECK(ledger.Recognise(source, "d2", Identity("1")));
  CHECK_FALSE(ledger.Recognise(source, "d3", Identity("1")));
}

TEST_CASE("an interruption of one subscription says nothing of another's deliveries") {
  RedriveLedger ledger;
  const auto first = ledger.AddSource(64);
  const auto second = ledger.AddSource(64);
  ledger.Take(second, "d1", Identity("1"));
  ledger.Interrupt(first);
  CHECK_FALSE(ledger.expects());
}

TEST_CASE("a message that comes again while it is published is acked by its new id") {
  RedriveLedger ledger;
  const auto source = ledger.AddSource(64);
  const auto tag = ledger.Take(source, "old", Identity("1"));
  ledger.Interrupt(source);
  REQUIRE(ledger.Recognise(source, "new", Identity("1")));
  ledger.Published(tag);
  CHECK(ledger.TakeDueAcks() == Ids{"new"});
  CHECK(ledger.taken() == 1);
}

TEST_CASE("a message whose ack did not count is acked when it comes again, and counted once") {
  RedriveLedger ledger;
  const auto source = ledger.AddSource(64);
  const std::string message_id = GENERATE("1", "");
  const auto tag = ledger.Take(source, "old", Identity(message_id));
  ledger.Published(tag);
  REQUIRE(ledger.TakeDueAcks() == Ids{"old"});
  const bool told_before = GENERATE(true, false);
  if (told_before) ledger.Interrupt(source);
  ledger.NotAcked("old");
  if (!told_before) ledger.Interrupt(source);
  CHECK(ledger.owed() == 1);
  CHECK(ledger.TakeDueAcks().empty());
  REQUIRE(ledger.Recognise(source, "new", Identity(message_id)));
  CHECK(ledger.TakeDueAcks() == Ids{"new"});
  ledger.Acked("new");
  CHECK(ledger.owed() == 0);
  CHECK(ledger.figures().moved == 1);
  CHECK(ledger.taken() == 1);
}

TEST_CASE("a message that is published while its id is stale waits for the new one") {
  RedriveLedger ledger;
  const auto source = ledger.AddSource(64);
  const auto tag = ledger.Take(source, "old", Identity("1"));
  ledger.Interrupt(source);
  ledger.Published(tag);
  CHECK(ledger.TakeDueAcks().empty());
  REQUIRE(ledger.Recognise(source, "new", Identity("1")));
  CHECK(ledger.TakeDueAcks() == Ids{"new"});
}

TEST_CASE("an ack's answer for an id that was replaced is nobody's") {
  RedriveLedger ledger;
  const auto source = ledger.AddSource(64);
  ledger.Published(ledger.Take(source, "old", Identity("1")));
  REQUIRE(ledger.TakeDueAcks() == Ids{"old"});
  ledger.Interrupt(source);
  REQUIRE(ledger.Recognise(source, "new", Identity("1")));
  ledger.Acked("old");
  CHECK(ledger.owed() == 1);
  ledger.NotAcked("old");
  CHECK(ledger.TakeDueAcks() == Ids{"new"});
  ledger.Acked("new");
  CHECK(ledger.owed() == 0);
}

TEST_CASE("a message that was acked, and comes again by its message_id, is only acked again") {
  RedriveLedger ledger;
  const auto source = ledger.AddSource(64);
  ledger.Published(ledger.Take(source, "old", Identity("1")));
  (void)ledger.TakeDueAcks();
  ledger.Acked("old");
  ledger.Interrupt(source);
  REQUIRE(ledger.Recognise(source, "new", Identity("1")));
  CHECK(ledger.TakeDueAcks() == Ids{"new"});
  ledger.Acked("new");
  CHECK(ledger.figures().moved == 1);
  CHECK(ledger.owed() == 0);
}

TEST_CASE("a message without message_id is not taken for one that was acked") {
  RedriveLedger ledger;
  const auto source = ledger.AddSource(64);
  ledger.Published(ledger.Take(source, "old", Identity("")));
  (void)ledger.TakeDueAcks();
  const bool interrupted_before = GENERATE(true, false);
  if (interrupted_before) ledger.Interrupt(source);
  ledger.Acked("old");
  if (!interrupted_before) ledger.Interrupt(source);
  CHECK_FALSE(ledger.Recognise(source, "other", Identity("")));
}

TEST_CASE("of equal messages the one that must come again is taken before one that was acked") {
  RedriveLedger ledger;
  const auto source = ledger.AddSource(64);
  for (int i = 0; i < 10; ++i) {
    const std::string id = "old-" + std::to_string(i);
    const auto tag = ledger.Take(source, id, Identity("1"));
    if (i == 5) continue;
    ledger.Published(tag);
    ledger.Acked(id);
  }
  ledger.Interrupt(source);
  (void)ledger.TakeDueAcks();
  REQUIRE(ledger.Recognise(source, "new", Identity("1")));
  CHECK(ledger.TakeDueAcks().empty());
  ledger.Published(6);
  CHECK(ledger.TakeDueAcks() == Ids{"new"});
}

TEST_CASE("only as many acked messages as the prefetch are remembered") {
  RedriveLedger ledger;
  const auto source = ledger.AddSource(2);
  for (const char* id : {"1", "2", "3"}) {
    ledger.Published(ledger.Take(source, id, Identity(id)));
    ledger.Acked(id);
  }
  ledger.Interrupt(source);
  CHECK_FALSE(ledger.Recognise(source, "a", Identity("1")));
  CHECK(ledger.Recognise(source, "b", Identity("2")));
  CHECK(ledger.Recognise(source, "c", Identity("3")));
}

TEST_CASE("a message that stays and comes again is held on, and counted once") {
  RedriveLedger ledger;
  const auto source = ledger.AddSource(64);
  ledger.Keep(ledger.Take(source, "old", Identity("")), Kept::kFailed);
  ledger.Interrupt(source);
  REQUIRE(ledger.Recognise(source, "new", Identity("")));
  CHECK(ledger.figures().failed == 1);
  CHECK(ledger.held() == 1);
  CHECK(ledger.TakeDueAcks().empty());
}

TEST_CASE("what has no answer is named in the order of its taking") {
  RedriveLedger ledger;
  const auto source = ledger.AddSource(64);
  for (int i = 0; i < 5; ++i) ledger.Take(source, std::to_string(i), Identity("m"));
  ledger.Published(2);
  ledger.Keep(4, Kept::kFailed);
  CHECK(ledger.Publishing() == std::vector<RedriveLedger::Tag>{1, 3, 5});
  CHECK(ledger.message_id(1) == "m");
}

}  // namespace
}  // namespace amqp_sidecar::rpc
