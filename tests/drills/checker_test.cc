// The checker can fail: each of its judgements is brought about once.
#include "drills/checker.h"
#include "support/catch.h"

namespace amqp_sidecar::test {
namespace {

Outcome Ok() {
  Outcome outcome;
  outcome.code = grpc::StatusCode::OK;
  return outcome;
}

Outcome Failed(const std::string& persisted) {
  Outcome outcome;
  outcome.code = grpc::StatusCode::UNAVAILABLE;
  outcome.persisted = persisted;
  return outcome;
}

TEST_CASE("The checker finds nothing wrong where nothing is", "[checker]") {
  Checker checker("c");
  const std::string delivered = checker.Attempt("a");
  const std::string refused = checker.Attempt("b");
  const std::string unknown_there = checker.Attempt("c");
  const std::string unknown_gone = checker.Attempt("d");
  const std::string partial = checker.Attempt("e");
  checker.Deliver(delivered, "a");
  checker.Answer(delivered, Ok());
  checker.Answer(refused, Failed("NO"));
  checker.Answer(unknown_there, Failed("UNKNOWN"));
  checker.Answer(unknown_gone, Failed(""));
  checker.Answer(partial, Failed("PARTIAL"));
  checker.Deliver(unknown_there, "c");
  checker.Deliver(partial, "e");
  const Verdict verdict = checker.Judge();
  CHECK(verdict.attempted == 5);
  CHECK(verdict.ok == 1);
  CHECK(verdict.no == 1);
  CHECK(verdict.unknown == 3);
  CHECK(verdict.delivered == 3);
  CHECK(verdict.lost + verdict.lied + verdict.invented + verdict.damaged == 0);
  CHECK(verdict.unanswered + verdict.duplicates == 0);
  CHECK(checker.AllDelivered());
}

TEST_CASE("The checker finds what was OK and is lost", "[checker]") {
  Checker checker("c");
  checker.Answer(checker.Attempt("a"), Ok());
  const std::string late = checker.Attempt("b");
  checker.Answer(late, Ok());
  CHECK(checker.Judge().lost == 2);
  checker.Deliver(late, "b");
  CHECK(checker.Judge().lost == 1);
  CHECK_FALSE(checker.AllDelivered());
}

TEST_CASE("The checker finds what was said not to be there, and is", "[checker]") {
  Checker checker("c");
  const std::string before = checker.Attempt("a");
  const std::string after = checker.Attempt("b");
  checker.Deliver(before, "a");
  checker.Answer(before, Failed("NO"));
  checker.Answer(after, Failed("NO"));
  checker.Deliver(after, "b");
  CHECK(checker.Judge().lied == 2);
}

TEST_CASE("The checker finds what nobody sent, and what was changed on the way", "[checker]") {
  Checker checker("c");
  const std::string id = checker.Attempt("a");
  checker.Answer(id, Ok());
  for (const char* stranger : {"c-1", "c-", "c-0x", "d-0", "", "c--1"}) {
    checker.Deliver(stranger, "a");
  }
  checker.Deliver(id, "A");
  const Verdict verdict = checker.Judge();
  CHECK(verdict.invented == 6);
  CHECK(verdict.damaged == 1);
  CHECK(verdict.lost == 0);
}

TEST_CASE("The checker counts deliveries beyond the first, and calls without an answer",
          "[checker]") {
  Checker checker("c");
  const std::string id = checker.Attempt("a");
  checker.Attempt("b");
  for (int i = 0; i < 3; ++i) checker.Deliver(id, "a");
  checker.Answer(id, Ok());
  const Verdict verdict = checker.Judge();
  CHECK(verdict.duplicates == 2);
  CHECK(verdict.unanswered == 1);
}

TEST_CASE("To the checker the last answer counts, where a message was published again",
          "[checker]") {
  Checker checker("c");
  const std::string id = checker.Attempt("a");
  checker.Answer(id, Failed("UNKNOWN"));
  checker.Answer(id, Ok());
  CHECK(checker.Judge().ok == 1);
  CHECK_FALSE(checker.AllDelivered());
  checker.Deliver(id, "a");
  CHECK(checker.AllDelivered());
}

}  // namespace
}  // namespace amqp_sidecar::test
